// The realistic alternative in Node: fastify and better-sqlite3, with its own hashed look-up of API keys.
//
// node app.mjs PORT DIRECTORY
//
// What a careful team would write first: the key's SHA-256 is looked up in the database for each request, its status
// and scope are checked, and the session comes by its id in one statement. No limit, no log, no last use.
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import Fastify from "fastify";

const [SESSIONS, SCOPE] = [64, "sessions:read"];
const [port, directory] = process.argv.slice(2);
const database = new Database(`${directory}/shop.db`);
database.pragma("journal_mode = WAL");
database.exec(`
  CREATE TABLE api_keys (id TEXT PRIMARY KEY, digest BLOB UNIQUE, status TEXT, scopes TEXT, project_id TEXT);
  CREATE TABLE sessions (id TEXT PRIMARY KEY, project_id TEXT, status TEXT, amount_minor INTEGER, currency TEXT,
    metadata TEXT, success_url TEXT, cancel_url TEXT, address TEXT, amount_atomic TEXT, expires_at INTEGER,
    created_at INTEGER, updated_at INTEGER);
`);
const hashed = (key) => createHash("sha256").update(key).digest();
const key = `sk_test_${randomBytes(24).toString("base64url")}`;
database.prepare("INSERT INTO api_keys VALUES (?, ?, 'active', ?, 'prj_1')").run("key_1", hashed(key), SCOPE);
const ids = [];
for (let number = 0; number < SESSIONS; number++) {
  ids.push(`cs_${String(number).padStart(26, "0")}`);
  database
    .prepare("INSERT INTO sessions VALUES (?, 'prj_1', 'pending', 4900, 'USD', ?, ?, NULL, ?, ?, ?, ?, ?)")
    .run(ids[number], '{"orderId":"1001"}', "https://shop.example/thanks", `0x${"ab".repeat(20)}`, "19600000000000000",
      1767229200000, 1767225600000, 1767225600000);
}
writeFileSync(`${directory}/keys`, [key, ...ids].join("\n"));

const keyByDigest = database.prepare("SELECT id, status, scopes, project_id FROM api_keys WHERE digest = ?");
const sessionById = database.prepare("SELECT * FROM sessions WHERE id = ? AND project_id = ?");
const instant = (milliseconds) => new Date(milliseconds).toISOString();
const text = { type: ["string", "null"] };
const schema = {
  response: {
    200: {
      type: "object",
      properties: {
        id: text, object: text, status: text, amount: { type: "object", properties: { value: text, currency: text } },
        metadata: { type: "object", additionalProperties: true }, successUrl: text, cancelUrl: text, address: text,
        amountAtomic: text, expiresAt: text, createdAt: text, updatedAt: text,
      },
    },
  },
};

const app = Fastify({ logger: false });
app.get("/", async () => ({ ready: true }));
app.get("/api/v1/checkout_sessions/:id", { schema }, async (request, reply) => {
  const presented = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  const found = keyByDigest.get(hashed(presented));
  if (found === undefined || found.status !== "active") return reply.code(401).send({ error: "unauthorized" });
  if (!found.scopes.split(" ").includes(SCOPE)) return reply.code(403).send({ error: "forbidden" });
  const row = sessionById.get(request.params.id, found.project_id);
  if (row === undefined) return reply.code(404).send({ error: "not found" });
  return {
    id: row.id, object: "checkout_session", status: row.status,
    amount: { value: (row.amount_minor / 100).toFixed(2), currency: row.currency }, metadata: JSON.parse(row.metadata),
    successUrl: row.success_url, cancelUrl: row.cancel_url, address: row.address, amountAtomic: row.amount_atomic,
    expiresAt: instant(row.expires_at), createdAt: instant(row.created_at), updatedAt: instant(row.updated_at),
  };
});
await app.listen({ port: Number(port), host: "127.0.0.1" });
