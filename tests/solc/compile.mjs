// Compile the treasury's contract as the product holds it: node compile.mjs PATH prints its bytecode as JSON.
import { readFileSync } from "node:fs";
import solc from "solc";

const source = readFileSync(process.argv[2], "utf8");
const asked = {
  language: "Solidity",
  sources: { "Treasury.sol": { content: source } },
  settings: {
    evmVersion: "paris",
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};
const told = JSON.parse(solc.compile(JSON.stringify(asked)));
const wrong = (told.errors ?? []).filter((one) => one.severity === "error");
if (wrong.length) {
  console.error(wrong.map((one) => one.formattedMessage).join("\n"));
  process.exit(1);
}
const made = told.contracts["Treasury.sol"];
console.log(
  JSON.stringify({
    compiler: `solc ${solc.version()}`,
    factory: made.TillFactory.evm.bytecode.object,
    till: made.Till.evm.bytecode.object,
  }),
);
