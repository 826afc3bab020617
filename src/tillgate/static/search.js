// Searching the documentation where no server does it: as pages/guides.py, over the same sections.
"use strict";

const FOUND_MAX = 30;
const WORDS_MAX = 8;

function search(asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
  const found = globalThis.sections.filter(([, , , text]) => words.every((word) => text.includes(word)));
  const named = ([, , heading]) => words.every((word) => heading.toLowerCase().includes(word));
  return [...found.filter(named), ...found.filter((one) => !named(one))].slice(0, FOUND_MAX);
}

function show(asked) {
  document.getElementById("found")?.remove();
  if (!asked.trim()) return;
  const found = search(asked);
  const place = document.createElement("div");
  place.id = "found";
  const status = place.appendChild(document.createElement("p"));
  status.setAttribute("role", "status");
  status.textContent = found.length
    ? `${found.length} sections found${found.length === FOUND_MAX ? "; add a word to find fewer" : ""}.`
    : "Nothing was found. Try another word, or fewer.";
  const list = place.appendChild(document.createElement("ul"));
  for (const [address, page, heading] of found) {
    const line = list.appendChild(document.createElement("li"));
    const link = line.appendChild(document.createElement("a"));
    link.href = address;
    link.textContent = heading;
    if (heading !== page) line.append(` · ${page}`);
  }
  if (!found.length) list.remove();
  document.querySelector("form[role=search]").after(place);
}

const field = document.getElementById("q");
field.value = (new URLSearchParams(location.search).get("q") ?? "").slice(0, 60);
show(field.value);
