// better-auth with its API key plugin, as its documentation shows it, behind Node's own HTTP server.
//
// node app.mjs PORT DIRECTORY
//
// Kinder than the documentation in two things: WAL mode, and no framework around it.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";

const KEYS = 16;
const [port, directory] = process.argv.slice(2);
const database = new Database(`${directory}/keys.db`);
database.pragma("journal_mode = WAL");
const auth = betterAuth({
  database,
  secret: "a secret for the bench, long enough to please it",
  baseURL: `http://127.0.0.1:${port}`,
  emailAndPassword: { enabled: true },
  // Counted, as it does unless told otherwise, against a limit that nobody reaches.
  plugins: [apiKey({ rateLimit: { enabled: true, maxRequests: 1e9 } })],
  telemetry: { enabled: false },
});
await (await getMigrations(auth.options)).runMigrations();

const owner = { name: "Bench", email: "bench@example.com", password: "correct horse battery" };
const { user } = await auth.api.signUpEmail({ body: owner });
const made = [];
for (let number = 0; number < KEYS; number++) {
  const body = { userId: user.id, name: `bench ${number}`, permissions: { sessions: ["read"] } };
  made.push((await auth.api.createApiKey({ body })).key);
}
writeFileSync(`${directory}/keys`, made.join("\n"));

createServer(async (request, response) => {
  let [status, answer] = [200, { ready: true }];
  if (request.url === "/verify") {
    const key = request.headers["x-api-key"];
    answer = await auth.api.verifyApiKey({ body: { key, permissions: { sessions: ["read"] } } });
    status = answer.valid ? 200 : 401;
  }
  const text = JSON.stringify(answer);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}).listen(Number(port), "127.0.0.1");
