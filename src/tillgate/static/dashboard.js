// What makes the dashboard nicer where scripts run. Every page works without it.
"use strict";

document.documentElement.classList.add("scripted");

// Copy buttons: the text of the element that data-copy names.
async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Plain http beyond this machine has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("not copied");
}

const announcer = document.createElement("p");
announcer.className = "unseen";
announcer.setAttribute("aria-live", "polite");
document.body.append(announcer);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  try {
    await copyText(source.textContent.trim());
    button.textContent = "Copied";
    announcer.textContent = "Copied to the clipboard";
  } catch {
    window.getSelection().selectAllChildren(source);
    button.textContent = "Press Ctrl+C";
    announcer.textContent = "Selected; copy it with the keyboard";
  }
  setTimeout(() => {
    button.textContent = label;
    announcer.textContent = "";
  }, 2000);
});

// Instants in the viewer's own zone; UTC stays where the pointer rests. Without scripts it is UTC that stands there.
function showLocalTimes(within) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = new Intl.DateTimeFormat("en-GB", {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: time.dataset.local === "seconds" ? "2-digit" : undefined,
      timeZoneName: "short",
    }).format(at);
    delete time.dataset.local;
  }
}
showLocalTimes(document);
document.addEventListener("htmx:load", (event) => showLocalTimes(event.detail.elt));

// A secret is shown once: a reload asks for another page, and going back finds nothing.
const once = document.querySelector("[data-once]");
if (once) {
  history.replaceState(null, "", once.dataset.once);
  window.addEventListener("pagehide", () => {
    for (const secret of document.querySelectorAll("[data-secret]")) secret.textContent = "No longer shown";
  });
}

// Scopes: all, those that only read, none.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  const pick = button.dataset.pick;
  for (const box of button.closest("[data-picks]").querySelectorAll("input[type=checkbox]")) {
    box.checked = pick === "all" || (pick !== "none" && box.value.endsWith(pick));
  }
});

// "All events" and single types exclude each other.
document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-every]");
  if (!group || !event.target.checked) return;
  const every = event.target.value === group.dataset.every;
  for (const box of group.querySelectorAll("input[type=checkbox]")) {
    if (box !== event.target && (every || box.value === group.dataset.every)) box.checked = false;
  }
});

// A button that takes a while says so, and a form is sent once at a time.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button && button.dataset.busy) {
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-disabled", "true");
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[data-busy][data-label]")) {
    button.textContent = button.dataset.label;
    button.removeAttribute("aria-disabled");
  }
});

// What went wrong is read first.
document.getElementById("problems")?.focus();

// Passkeys: the browser is asked what data-options says, and its answer is sent in the field that data-into names.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  const field = form.elements.namedItem(form.dataset.into);
  if (field.value) return;
  event.preventDefault();
  const problem = form.querySelector("[data-passkey-problem]");
  problem.hidden = true;
  try {
    const options = JSON.parse(form.dataset.options);
    const made =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          });
    field.value = JSON.stringify(made.toJSON());
    form.submit();
  } catch (error) {
    problem.textContent =
      error instanceof DOMException
        ? "The browser has given no passkey. Try again, or choose another way."
        : "This browser is too old for passkeys, or this address is not the one that they are for.";
    problem.hidden = false;
  }
});

// A plot: one stop of the Tab key; the arrow keys lead from day to day, and what a day holds stands below.
for (const plot of document.querySelectorAll("[data-plot]")) {
  const days = [...plot.querySelectorAll("g")];
  const words = plot.closest("figure").querySelector("[data-plot-day]");
  const show = (event) => {
    const day = event.target.closest("g");
    if (day) words.textContent = day.getAttribute("aria-label");
  };
  plot.addEventListener("pointerover", show);
  plot.addEventListener("focusin", show);
  plot.addEventListener("keydown", (event) => {
    const at = days.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = days[Math.min(Math.max(to, 0), days.length - 1)];
    days[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

// One box that selects all rows of the page.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.selectAll;
  if (!name) return;
  for (const box of document.getElementsByName(name)) if (box.type === "checkbox") box.checked = event.target.checked;
});
