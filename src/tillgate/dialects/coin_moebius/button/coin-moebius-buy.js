/* <coin-moebius-buy>: a buy button. No dependencies; served by the shop's own Tillgate. */
(() => {
    "use strict";
    if (customElements.get("coin-moebius-buy")) return;
    const script = document.currentScript;
    const home = script ? script.src.replace(/\/v1\/coin-moebius-buy\.js(\?.*)?$/, "") : "";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        :host { display: inline-block; color-scheme: light dark; font-family: var(--cm-font, system-ui, sans-serif);
            --fg: var(--cm-color, CanvasText); --bg: var(--cm-modal-bg, var(--cm-bg, Canvas)) }
        :host([hidden]) { display: none }
        * { box-sizing: border-box }
        button { font: inherit; min-height: 44px; min-width: 44px; cursor: pointer; border-radius: var(--cm-button-radius, 8px) }
        button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
        [aria-disabled=true] { opacity: .7; cursor: progress }
        [part=button], [part=confirm] { border: 0; padding: 10px 20px; font-weight: 600;
            background: var(--cm-button-bg, #1f2937); color: var(--cm-button-color, #fff) }
        [part=modal] { border: 0; padding: 0; margin: auto; width: min(26rem, calc(100vw - 2rem)); max-height: calc(100dvh - 2rem);
            border-radius: 12px; background: var(--bg); color: var(--fg) }
        [part=modal]::backdrop { background: var(--cm-modal-overlay, rgb(0 0 0 / .55)) }
        [part=dialog] { padding: 20px; display: grid; gap: 12px; line-height: 1.5 }
        header { display: flex; justify-content: space-between; align-items: center; gap: 12px }
        h2, p { margin: 0; overflow-wrap: anywhere } h2 { font-size: 1.15rem }
        [part=close], [part=provider] { background: none; color: inherit; border: 1px solid GrayText }
        [part=close] { font-size: 1.2rem; line-height: 1 }
        [part=provider] { width: 100%; display: flex; align-items: center; gap: 12px; padding: 10px 14px; text-align: start }
        [part=instructions] { white-space: pre-line; overflow-wrap: anywhere }
        [part=error] { color: var(--cm-color-danger, light-dark(#b42318, #ff9b92)) }
        .done { color: var(--cm-color-success, light-dark(#146c2e, #7ee2a0)); font-weight: 600 }
        :empty:is(p, [part=instructions]) { display: none }`);

    const icons = { crypto: "\u25c8", manual: "\u2709" };
    /** An element with its part, its text and its attributes. */
    const make = (tag, part, text = "", attributes = {}) => {
        const made = Object.assign(document.createElement(tag), { textContent: text });
        if (part) made.setAttribute("part", part);
        for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
        return made;
    };
    /** A name that nobody guesses, so that a click that is sent twice buys once. */
    const newName = () =>
        [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");

    class CoinMoebiusBuy extends HTMLElement {
        #fetch = (...request) => fetch(...request);
        #navigate = (url) => location.assign(url);
        #known;
        #busy = false;
        #visit = 0;
        #names = {};

        constructor() {
            super();
            const root = this.attachShadow({ mode: "open" });
            root.adoptedStyleSheets = [sheet];
            this.button = make("button", "button", "", { type: "button", "aria-haspopup": "dialog" });
            this.button.append(make("slot"));
            this.modal = make("dialog", "modal", "", { "aria-labelledby": "title" });
            const box = make("div", "dialog");
            const header = make("header");
            this.close = make("button", "close", "\u00d7", { type: "button", "aria-label": "Close" });
            header.append(make("h2", "", "Choose how to pay", { id: "title" }), this.close);
            this.status = make("p", "status", "", { role: "status" });
            this.error = make("p", "error", "", { role: "alert" });
            this.body = make("div", "instructions");
            this.choices = make("div");
            this.choices.style.cssText = "display:grid;gap:8px";
            box.append(header, this.status, this.error, this.body, this.choices);
            this.modal.append(box);
            root.append(this.button, this.modal);
            this.button.addEventListener("click", () => this.open());
            this.close.addEventListener("click", () => this.modal.close());
            this.modal.addEventListener("click", (event) => event.target === this.modal && this.modal.close());
            this.modal.addEventListener("keydown", (event) => this.#keepInside(event));
            this.modal.addEventListener("close", () => {
                this.#visit += 1;
                this.#busy = false;
                this.button.focus();
            });
        }

        static get observedAttributes() {
            return ["label", "project-id", "endpoint"];
        }

        attributeChangedCallback(name) {
            if (name !== "label") this.#known = undefined;
            const label = this.getAttribute("label");
            this.button.firstChild.replaceWith(label ? document.createTextNode(label) : this.#slot());
        }

        connectedCallback() {
            if (!this.hasAttribute("label")) this.button.firstChild.replaceWith(this.#slot());
        }

        setFetch(call) {
            this.#fetch = call;
        }

        setNavigate(go) {
            this.#navigate = go;
        }

        /** Ask how the buyer pays. */
        async open() {
            if (this.modal.open) return;
            if (!this.#emit("cm-load-providers")) return;
            const visit = (this.#visit += 1);
            this.#names = {};
            this.#show("Loading\u2026");
            this.modal.showModal();
            try {
                this.#known ??= await this.#call(`/api/projects/${this.#own("project-id")}/public-info`);
                if (visit !== this.#visit) return;
                const offered = this.#known.providers.map((one) => this.#choice(one));
                this.#show(offered.length ? "" : "This shop takes no payments at the moment.", offered);
            } catch (error) {
                if (visit === this.#visit) this.#fail(error);
            }
        }

        #slot() {
            const slot = make("slot");
            slot.textContent = "Buy now";
            return slot;
        }

        #choice(provider) {
            const choice = make("button", "provider", "", { type: "button" });
            choice.append(
                make("span", "provider-icon", icons[provider.id] ?? "\u2022", { "aria-hidden": "true" }),
                make("span", "provider-name", provider.name),
            );
            choice.addEventListener("click", () => this.#pay(provider, false));
            return choice;
        }

        /** Open the checkout: a page to go on to, or what is to be sent by mail, first to look at and then for good. */
        async #pay(provider, confirm) {
            if (this.#busy || (!confirm && !this.#emit("cm-checkout-started", { provider: provider.id }))) return;
            const visit = this.#visit;
            this.#busy = true;
            this.status.textContent = "One moment\u2026";
            this.error.textContent = "";
            for (const one of this.choices.children) one.setAttribute("aria-disabled", "true");
            try {
                const step = `${provider.id} ${confirm}`;
                const made = await this.#call(`/api/checkout/${provider.id}/${this.#own("project-id")}`, {
                    method: "POST",
                    headers: { "Content-Type": "application/json", "Idempotency-Key": (this.#names[step] ??= newName()) },
                    body: JSON.stringify(this.#wanted(confirm)),
                });
                if (visit !== this.#visit) return;
                if (!made.url) this.#mail(provider, made);
                else if (/^https?:\/\//i.test(made.url)) this.#navigate(made.url);
                else throw new Error("The shop's answer leads nowhere.");
            } catch (error) {
                if (visit === this.#visit) this.#fail(error);
            } finally {
                if (visit === this.#visit) this.#busy = false;
                for (const one of this.choices.children) one.removeAttribute("aria-disabled");
            }
        }

        #mail(provider, told) {
            const currency = told.expectedCurrency;
            const { maximumFractionDigits: digits } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
            const lines = [
                `${told.expectedAmount.toFixed(digits)} ${currency}`, told.mailingAddress, told.instructions,
            ].filter(Boolean);
            const choices = [];
            if (!told.referenceCode) {
                const confirm = make("button", "confirm", "Confirm, I\u2019ll send payment", { type: "button" });
                confirm.addEventListener("click", () => this.#pay(provider, true));
                choices.push(confirm);
            } else lines.unshift(`Write this code on it: ${told.referenceCode}`);
            this.#show(told.referenceCode ? "Noted. Please send your payment." : "Send your payment by mail", choices);
            this.status.classList.toggle("done", Boolean(told.referenceCode));
            this.body.textContent = lines.join("\n\n");
            (choices[0] ?? this.close).focus();
        }

        #wanted(confirm) {
            const wanted = { productId: this.#own("product-id") };
            const amount = this.getAttribute("amount");
            const reference = this.getAttribute("customer-ref");
            if (amount) wanted.amount = Number(amount);
            if (this.getAttribute("currency")) wanted.currency = this.getAttribute("currency");
            if (reference) wanted.metadata = { customerRef: reference };
            if (confirm) wanted.confirm = true;
            return wanted;
        }

        #own(name) {
            const value = this.getAttribute(name);
            if (!value) throw new Error(`<coin-moebius-buy> needs the attribute ${name}.`);
            return name === "project-id" ? encodeURIComponent(value) : value;
        }

        async #call(path, request) {
            const base = (this.getAttribute("endpoint") || home).replace(/\/+$/, "");
            const answer = await this.#fetch(base + path, { credentials: "omit", ...request });
            const told = await answer.json().catch(() => ({}));
            if (!answer.ok) throw new Error(told.error?.message ?? `The shop answered ${answer.status}.`);
            return told;
        }

        #emit(type, detail) {
            return this.dispatchEvent(
                new CustomEvent(type, { bubbles: true, composed: true, cancelable: true, detail }),
            );
        }

        #fail(error) {
            this.status.textContent = "";
            if (this.#emit("cm-error", { error })) this.error.textContent = error.message;
        }

        #show(status, choices = []) {
            this.status.textContent = status;
            this.status.classList.remove("done");
            this.error.textContent = this.body.textContent = "";
            this.choices.replaceChildren(...choices);
        }

        /** Tab goes round inside of the dialog; Escape is the dialog's own. */
        #keepInside(event) {
            if (event.key !== "Tab") return;
            const stops = [...this.modal.querySelectorAll("button")];
            const here = stops.indexOf(this.shadowRoot.activeElement);
            const next = here + (event.shiftKey ? -1 : 1);
            event.preventDefault();
            stops.at(next % stops.length).focus();
        }
    }
    customElements.define("coin-moebius-buy", CoinMoebiusBuy);
})();
