// The pages work without this. With it, a new key is copied by a button.
"use strict";

const secret = document.getElementById("secret");
if (secret !== null && navigator.clipboard !== undefined) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select the key and copy it";
    }
  });
  secret.parentElement.after(button);
}
