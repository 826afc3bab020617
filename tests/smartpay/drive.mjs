// Call the published client as a test says, a line of JSON for each call, and answer in one.
// A call is {"name", "args"}; a name that begins with a capital is the class's own, such as "Smartpay.getSessionUrl".
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import AsModule from "@smartpay/sdk-node";

const AsCommonJs = createRequire(import.meta.url)("@smartpay/sdk-node");
const Smartpay = process.argv[2] === "commonjs" ? (AsCommonJs.default ?? AsCommonJs) : AsModule;
// The key and the base URL come from the environment, as the client reads them.
const client = new Smartpay(process.env.SMARTPAY_SECRET_KEY);

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  const [owner, method] = name.startsWith("Smartpay.") ? [Smartpay, name.slice(9)] : [client, name];
  let answer;
  try {
    answer = { done: (await owner[method](...args)) ?? null };
  } catch (error) {
    answer = { failed: { message: error.message, statusCode: error.statusCode, errorCode: error.errorCode } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
