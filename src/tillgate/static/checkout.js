// What makes the buyer's page pleasant. Everything that matters works without it: the server writes the
// time left, each state has an address, and the page looks again on its own.
"use strict";

(() => {
  const SECOND = 1000;
  let countdown = null; // { over, end, ... } of the timer that is on the page
  let leaving = null; // the seconds until the buyer is taken back to the shop

  // The page says everything in its buyer's language, also what is only said from here.
  const word = (name) => document.querySelector("[data-session]")?.dataset[`word${name}`] ?? "";

  const announce = (words) => {
    const region = document.getElementById("announcement");
    if (region) region.textContent = words;
  };

  // The same form as amounts.time_left().
  const timeLeft = (seconds) => {
    const two = (number) => String(number).padStart(2, "0");
    if (seconds >= 86400) {
      return word("Days")
        .replace("{days}", Math.floor(seconds / 86400))
        .replace("{hours}", Math.floor((seconds % 86400) / 3600));
    }
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };

  // The server said how much time was left; its clock and this one need not agree.
  const startCountdown = () => {
    const timer = document.querySelector("[data-timer]");
    if (!timer) {
      countdown = null;
    } else if (countdown?.timer !== timer) {
      countdown = { timer, end: performance.now() + Number(timer.dataset.seconds) * SECOND, warned: false };
    }
  };

  // Each look for news brings how much time is left, also where nothing else is new: a phone that slept, a suspended
  // laptop or a deadline that came nearer is right again at once.
  const setCountdown = (seconds) => {
    if (!countdown || !Number.isFinite(seconds)) return;
    countdown.end = performance.now() + seconds * SECOND;
    tickCountdown();
  };

  const tickCountdown = () => {
    if (!countdown) return;
    const { timer, end } = countdown;
    const left = Math.max(0, Math.ceil((end - performance.now()) / SECOND));
    const soon = left <= Number(timer.dataset.soon);
    timer.querySelector("[data-timer-value]").textContent = timeLeft(left);
    timer.classList.toggle("timer--soon", soon);
    const bar = document.querySelector("[data-timer-bar]");
    if (bar) bar.value = left;
    if (soon && left > 0 && !countdown.warned) {
      countdown.warned = true;
      announce(word("Minute"));
    }
    document.querySelector("[data-timer-running]")?.toggleAttribute("hidden", left === 0);
    document.querySelector("[data-timer-over]")?.toggleAttribute("hidden", left > 0);
  };

  // Back to the shop. Only once: who comes back by the Back button wants to be here.
  const stayKey = () => `stay:${document.querySelector("[data-session]")?.dataset.session}`;
  const remember = () => {
    try {
      sessionStorage.setItem(stayKey(), "1");
    } catch {
      // Storage is switched off; then the countdown is merely shown again.
    }
  };
  const remembered = () => {
    try {
      return sessionStorage.getItem(stayKey()) !== null;
    } catch {
      return false;
    }
  };

  const stay = () => {
    if (leaving === null) return;
    leaving = null;
    remember();
    const line = document.querySelector("[data-returning]");
    const hadFocus = line?.contains(document.activeElement);
    line?.setAttribute("hidden", "");
    if (hadFocus) document.getElementById("headline")?.focus();
    announce(word("Stay"));
  };

  const startLeaving = () => {
    const line = document.querySelector("[data-returning]");
    if (!line || leaving !== null || remembered()) return;
    leaving = Number(line.dataset.returning);
    line.querySelector("[data-returning-seconds]").textContent = String(leaving);
    line.hidden = false;
  };

  const tickLeaving = () => {
    if (leaving === null || document.hidden) return;
    leaving -= 1;
    const seconds = document.querySelector("[data-returning-seconds]");
    if (seconds) seconds.textContent = String(Math.max(leaving, 0));
    if (leaving > 0) return;
    const onward = document.querySelector("[data-onward]");
    leaving = null;
    remember();
    // The address the server wrote into the button, and no other.
    if (onward) location.assign(onward.href);
  };

  const copy = async (button) => {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Not a secure context, or not allowed: the old way.
      const field = document.createElement("textarea");
      field.value = text;
      field.readOnly = true;
      field.className = "visually-hidden";
      document.body.append(field);
      field.select();
      const copied = document.execCommand("copy");
      field.remove();
      button.focus();
      if (!copied) {
        announce(word("NotCopied"));
        return;
      }
    }
    const label = button.querySelector("[data-copy-label]");
    label.textContent = word("Copied");
    button.classList.add("copy--done");
    announce(word("CopiedAloud"));
    setTimeout(() => {
      label.textContent = word("Copy");
      button.classList.remove("copy--done");
    }, 2 * SECOND);
  };

  const prepare = () => {
    for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    startCountdown();
    tickCountdown();
    startLeaving();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    else if (event.target.closest("[data-stay]")) stay();
    // A click elsewhere closes the list of outcomes.
    const list = document.querySelector(".test-more[open]");
    if (list && !list.contains(event.target)) list.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const list = document.querySelector(".test-more[open]");
      if (list) {
        list.open = false;
        list.querySelector("summary").focus();
      }
    }
    // Who uses the keyboard or a screen reader is given all the time they want.
    const onward = document.activeElement?.closest?.("[data-onward]");
    if (!(onward && event.key === "Enter")) stay();
  });

  // A new state replaces the panel: whoever had the focus inside it goes on from the new headline.
  let focusWasInside = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    focusWasInside = event.target.contains(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", () => {
    prepare();
    if (focusWasInside && document.activeElement === document.body) document.getElementById("headline")?.focus();
    focusWasInside = false;
  });

  // What has ended changes by the merchant's hand alone. Its page looks for that while somebody sees it, and not for
  // ever; whoever comes back to it looks at once.
  let watched = null; // { live, since } of the panel that is on the page
  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = document.getElementById("live");
    if (event.target !== live || !live.dataset.watchSeconds) return;
    const comesBack = event.detail.requestConfig.triggeringEvent !== undefined;
    if (watched?.live !== live || comesBack) watched = { live, since: performance.now() };
    const over = performance.now() - watched.since > Number(live.dataset.watchSeconds) * SECOND;
    if (!comesBack && (document.hidden || over)) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const left = event.detail.xhr?.getResponseHeader("Tillgate-Seconds-Left");
    if (left !== null && left !== undefined && left !== "") setCountdown(Number(left));
  });

  const offline = (isOffline) =>
    document.querySelector("[data-offline]")?.toggleAttribute("hidden", !isOffline);
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:responseError", () => offline(true));
  document.addEventListener("htmx:timeout", () => offline(true));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status < 400) offline(false);
  });

  // A page out of the browser's memory may be old.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  prepare();
  setInterval(() => {
    tickCountdown();
    tickLeaving();
  }, SECOND);
})();
