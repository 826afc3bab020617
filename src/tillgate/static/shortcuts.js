// Keys that lead somewhere: each of them has a link or a button as well, and the sheet that "?" opens lists them.
"use strict";

// WCAG 2.1.4: keys without Ctrl can be switched off, in this browser.
const SWITCH = "tillgate-single-keys";

function singleKeys() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

const button = document.querySelector("[data-shortcuts]");
function showSwitch(on) {
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Single keys are on" : "Single keys are off";
}
if (button) {
  showSwitch(singleKeys());
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    try {
      localStorage.setItem(SWITCH, on ? "on" : "off");
    } catch {
      // Nothing is kept in this browser: they are what they were.
    }
    showSwitch(singleKeys());
  });
}

let afterG = false;

document.addEventListener("keydown", (event) => {
  const box = document.getElementById("find");
  if (!box || event.defaultPrevented || event.isComposing || event.altKey) return;
  const withCtrl = event.ctrlKey || event.metaKey;
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  const single = !withCtrl && !typing && singleKeys();
  const waited = afterG;
  afterG = false;
  if ((withCtrl && event.key === "k") || (single && event.key === "/")) {
    event.preventDefault();
    // The box is in the menu, which is folded away on a phone.
    if (!box.checkVisibility()) document.getElementById("menu").showPopover();
    box.focus();
  } else if (single && event.key === "?") {
    event.preventDefault();
    document.getElementById("shortcuts").togglePopover();
  } else if (single && waited) {
    document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  } else if (single && event.key === "g") {
    afterG = true;
  }
});
