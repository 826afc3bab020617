// Send a transaction with a wallet that lives in the browser (EIP-6963): a buyer's payment, or a merchant's sweep. The
// page works without it: what is to be sent stands beside it. What a wallet answers is a hint and concludes nothing; the server looks at the network itself.
"use strict";

(() => {
  const WALLETS_MAX = 8;
  const NAME_CHARACTERS_MAX = 40;
  const REJECTED = 4001; // EIP-1193: the user rejected the request
  const UNKNOWN_CHAIN = 4902; // EIP-3085, EIP-3326: the wallet does not have this chain
  const ALREADY_ASKED = -32002; // a request of this kind is open in the wallet

  const wallets = new Map(); // by uuid: { name, icon, provider }
  let status = ""; // what was said last, also after the panel was replaced
  let asking = false;
  let sent = false;

  const place = () => document.querySelector("[data-wallets]");
  const word = (name) => place()?.dataset[`word${name}`] ?? "";

  const draw = () => {
    const box = place();
    if (!box) return;
    box.hidden = wallets.size === 0;
    const buttons = box.querySelector("[data-wallets-buttons]");
    for (const [uuid, wallet] of wallets) {
      if ([...buttons.children].some((one) => one.dataset.wallet === uuid)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.wallet = uuid;
      if (wallet.icon) {
        const icon = document.createElement("img");
        icon.src = wallet.icon;
        icon.alt = "";
        icon.width = icon.height = 20;
        button.append(icon);
      }
      button.append(box.dataset.wordPay.replace("{wallet}", wallet.name));
      buttons.append(button);
    }
    for (const button of buttons.children) button.disabled = asking || sent;
    box.querySelector("[data-wallets-status]").textContent = status;
  };

  const say = (words) => {
    status = words;
    draw();
  };

  // Whoever calls itself a wallet is a stranger: its name is text, its icon an image of its own, and both are short.
  const announced = (event) => {
    const { info, provider } = event.detail ?? {};
    if (typeof info?.uuid !== "string" || typeof info.name !== "string" || typeof provider?.request !== "function") return;
    if (wallets.has(info.uuid) || wallets.size >= WALLETS_MAX) return;
    const icon = typeof info.icon === "string" && /^data:image\//.test(info.icon) && info.icon.length < 100000 ? info.icon : null;
    wallets.set(info.uuid, { name: info.name.slice(0, NAME_CHARACTERS_MAX), icon, provider });
    draw();
  };

  const codeOf = (error) => error?.data?.originalError?.code ?? error?.code;

  const bringToChain = async (provider, asked) => {
    const chain = { chainId: asked.chain };
    const here = async () => BigInt(await provider.request({ method: "eth_chainId" })) === BigInt(asked.chain);
    if (await here()) return true;
    try {
      await provider.request({ method: "wallet_switchEthereumChain", params: [chain] });
    } catch (error) {
      if (codeOf(error) !== UNKNOWN_CHAIN || !asked.rpc) throw error;
      await provider.request({
        method: "wallet_addEthereumChain",
        params: [
          {
            ...chain,
            chainName: asked.name,
            nativeCurrency: { name: asked.coin, symbol: asked.coin, decimals: 18 },
            rpcUrls: [asked.rpc],
            blockExplorerUrls: [asked.explorer],
          },
        ],
      });
      if (!(await here())) await provider.request({ method: "wallet_switchEthereumChain", params: [chain] });
    }
    return here();
  };

  // What the server says of the hash; it may not know it yet, and the page learns of the payment in any case.
  const hint = async (address, hash) => {
    try {
      const body = new URLSearchParams({ hash });
      await fetch(address, { method: "POST", body, credentials: "same-origin", redirect: "error" });
    } catch {
      // Nothing depends on it.
    }
  };

  // What is asked for, as one text.
  const question = (asked) => asked && [asked.chain, asked.to, asked.data, asked.value].join(" ");

  const pay = async (wallet) => {
    if (asking || sent) return;
    const asked = { ...place().dataset };
    asking = true;
    say(word("Waiting"));
    let handed = false; // the wallet was asked to send: from here on only it knows
    try {
      const accounts = await wallet.provider.request({ method: "eth_requestAccounts" });
      if (!(await bringToChain(wallet.provider, asked))) return say(word("Unable"));
      // The panel may have been replaced while the wallet asked its owner: what was shown is what is sent.
      const now = place()?.dataset;
      if (question(now) !== question(asked)) return say("");
      handed = true;
      const transaction = { from: accounts[0], to: asked.to, data: asked.data, value: asked.value, chainId: asked.chain };
      if (asked.gas) transaction.gas = asked.gas;
      const hash = await wallet.provider.request({ method: "eth_sendTransaction", params: [transaction] });
      sent = true;
      if (typeof hash !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(hash)) return say(word("Unknown"));
      say(word("Sent"));
      const form = document.querySelector("form[data-wallet-hash]");
      if (form) form.elements.namedItem(form.dataset.walletHash).value = hash;
      if (asked.hint) await hint(asked.hint, hash);
    } catch (error) {
      if (codeOf(error) === REJECTED) say(word("Declined"));
      else if (codeOf(error) === ALREADY_ASKED) say(word("Busy"));
      else say(word(handed ? "Unknown" : "Unable"));
    } finally {
      asking = false;
      draw();
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-wallet]");
    if (button && wallets.has(button.dataset.wallet)) pay(wallets.get(button.dataset.wallet));
  });

  // A panel that asks for another sum is a new question: the wallet may be asked again.
  let last = question(place()?.dataset);
  document.addEventListener("htmx:afterSettle", () => {
    const asked = question(place()?.dataset);
    if (asked !== undefined && asked !== last) {
      last = asked;
      sent = false;
      status = "";
    }
    draw();
  });

  // A wallet may come late, so there is no end to listening.
  window.addEventListener("eip6963:announceProvider", announced);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  draw();
})();
