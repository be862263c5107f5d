/* Small conveniences; every page works without them. */
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "已复制";
  });
}
for (const button of document.querySelectorAll("button[data-expand]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const isOpen = button.dataset.expand === "open";
    for (const details of document.querySelectorAll("main details")) details.open = isOpen;
    button.dataset.expand = isOpen ? "close" : "open";
    button.textContent = isOpen ? "全部收起" : "全部展开";
  });
}
if (!document.getElementById("proof")) document.body.dataset.ready = "1";
