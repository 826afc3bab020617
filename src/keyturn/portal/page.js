// The pages work without this. With it, a new key is copied by a button.
"use strict";

const secret = document.getElementById("secret");
if (secret !== null && navigator.clipboard !== undefined) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = secret.dataset.copy;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = secret.dataset.copied;
    } catch {
      button.textContent = secret.dataset.select;
    }
  });
  secret.parentElement.after(button);
}
