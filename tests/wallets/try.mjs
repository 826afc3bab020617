// Try a guide of docs/live.md as one kind of wallet would follow it: what to send comes as JSON on standard input, and
// what the wallet has shown and sent goes out as JSON. The keys are those of a development node.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  createPublicClient, createWalletClient, decodeFunctionData, http, parseAbi, parseTransaction, serializeTransaction,
  keccak256,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";

const require = createRequire(import.meta.url);
const asked = JSON.parse(readFileSync(0, "utf8"));
const chain = {
  id: asked.chainId, name: "anvil", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [asked.rpc] } },
};
const account = mnemonicToAccount(asked.mnemonic, { addressIndex: 1 });
const node = createPublicClient({ chain, transport: http(asked.rpc) });
const wallet = createWalletClient({ account, chain, transport: http(asked.rpc) });
const ABI = parseAbi(["function flush(address treasury, bytes32[] salts, address[] tokens)"]);

/** Mine a transaction and require that it succeeded. */
async function mined(hash) {
  await node.request({ method: "anvil_mine", params: ["0x1"] });
  const receipt = await node.getTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`${hash} failed`);
  return receipt;
}

/** What a browser wallet is asked for by the page: eth_sendTransaction (EIP-1193). */
async function browser() {
  const { functionName, args } = decodeFunctionData({ abi: ABI, data: asked.data });
  const hash = await wallet.sendTransaction({ to: asked.to, data: asked.data, value: 0n, gas: BigInt(asked.gas) });
  await mined(hash);
  return { functionName, treasury: args[0], salts: args[1], tokens: args[2] };
}

/** Ledger's library for its Ethereum app, on a transport behind which a key takes the place of the device. */
async function hardware() {
  const { default: Eth } = require("@ledgerhq/hw-app-eth");
  const { default: Transport } = require("@ledgerhq/hw-transport");
  const shown = [];

  class Device extends Transport {
    blind = true;
    #held = Buffer.alloc(0);

    async exchange(apdu) {
      const [, instruction, first] = apdu;
      if (instruction !== 0x04) return Buffer.from("6d00", "hex");
      const body = apdu.subarray(5);
      // The first piece begins with the path of the key.
      this.#held = first === 0 ? body.subarray(1 + 4 * body[0]) : Buffer.concat([this.#held, body]);
      const raw = `0x${this.#held.toString("hex")}`;
      let sent;
      try {
        sent = parseTransaction(raw);
      } catch {
        return Buffer.from("9000", "hex");
      }
      if (sent.data && !this.blind) return Buffer.from("6a80", "hex");
      shown.push({ to: sent.to, value: String(sent.value ?? 0n), chainId: sent.chainId });
      const { r, s, yParity } = await account.sign({ hash: keccak256(raw) }).then(split);
      return Buffer.concat([Buffer.from([yParity]), Buffer.from(r + s, "hex"), Buffer.from("9000", "hex")]);
    }

    setScrambleKey() {}

    async close() {}
  }

  const device = new Device();
  const app = new Eth(device);
  const path = "44'/60'/0'/0/1";
  const known = { erc20Tokens: [], nfts: [], externalPlugin: [], plugin: [], domains: [] };
  const prepared = await wallet.prepareTransactionRequest({
    to: asked.to, data: asked.data, value: 0n, gas: BigInt(asked.gas),
  });
  const { from: _, account: __, chain: ___, ...fields } = prepared;
  const unsigned = { ...fields, type: "eip1559", chainId: asked.chainId };
  const raw = serializeTransaction(unsigned).slice(2);
  device.blind = false;
  const refused = await app.signTransaction(path, raw, known).then(() => "", (error) => `${error.name}: ${error.message}`);
  device.blind = true;
  const { r, s, v } = await app.signTransaction(path, raw, known);
  const signed = serializeTransaction(unsigned, { r: `0x${r}`, s: `0x${s}`, yParity: Number.parseInt(v, 16) });
  await mined(await node.sendRawTransaction({ serializedTransaction: signed }));
  return { shown, refused };
}

function split(signature) {
  const hex = signature.slice(2);
  return { r: hex.slice(0, 64), s: hex.slice(64, 128), yParity: Number.parseInt(hex.slice(128), 16) % 27 };
}

/** Safe's own contracts, put onto the chain, and its kit: first a Safe, then the batch file that it signs and sends. */
async function safe() {
  const { default: Safe } = require("@safe-global/protocol-kit");
  const built = "@safe-global/safe-contracts/build/artifacts/contracts";
  const parts = {
    safeSingletonAddress: "SafeL2.sol/SafeL2", safeProxyFactoryAddress: "proxies/SafeProxyFactory.sol/SafeProxyFactory",
    multiSendAddress: "libraries/MultiSend.sol/MultiSend",
    multiSendCallOnlyAddress: "libraries/MultiSendCallOnly.sol/MultiSendCallOnly",
    fallbackHandlerAddress: "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
    signMessageLibAddress: "libraries/SignMessageLib.sol/SignMessageLib",
    createCallAddress: "libraries/CreateCall.sol/CreateCall",
    simulateTxAccessorAddress: "accessors/SimulateTxAccessor.sol/SimulateTxAccessor",
  };
  const there = asked.contracts ?? {};
  for (const [name, path] of asked.contracts ? [] : Object.entries(parts)) {
    const { abi, bytecode } = require(`${built}/${path}.json`);
    there[name] = (await mined(await wallet.deployContract({ abi, bytecode }))).contractAddress;
  }
  const signer = `0x${Buffer.from(account.getHdKey().privateKey).toString("hex")}`;
  const config = { provider: asked.rpc, signer, contractNetworks: { [asked.chainId]: there } };
  if (!asked.batch) {
    const predictedSafe = { safeAccountConfig: { owners: [account.address], threshold: 1 }, safeDeploymentConfig: { safeVersion: "1.4.1" } };
    const made = await Safe.init({ ...config, predictedSafe });
    const deployment = await made.createSafeDeploymentTransaction();
    await mined(await wallet.sendTransaction({ to: deployment.to, data: deployment.data, value: BigInt(deployment.value) }));
    return { safe: await made.getAddress(), contracts: there };
  }
  const kit = await Safe.init({ ...config, safeAddress: asked.safe });
  if (String(asked.chainId) !== asked.batch.chainId) throw new Error("the batch is for another chain");
  const transaction = await kit.createTransaction({ transactions: asked.batch.transactions });
  const hash = await kit.getTransactionHash(transaction);
  const signed = await kit.signTransaction(transaction);
  const { hash: sent } = await kit.executeTransaction(signed, { gasLimit: String(asked.gas + 100_000) });
  await mined(sent);
  return { hash, to: transaction.data.to, value: transaction.data.value, data: transaction.data.data };
}

const told = await { browser, hardware, safe }[asked.wallet]();
process.stdout.write(JSON.stringify(told));
process.exit(0);
