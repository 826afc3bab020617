// Verify one webhook, as its receivers do: secret, headers and body come as JSON on standard input.
import { readFileSync } from "node:fs";
import { Webhook } from "svix";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
new Webhook(secret).verify(body, headers); // throws where it does not fit
process.stdout.write("verified");
