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
/* On paper everything is open, and the time of printing stands beside that of the page. */
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
  const now = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", dateStyle: "medium", timeStyle: "medium", hour12: false,
  });
  for (const place of document.querySelectorAll("[data-printed]"))
    place.textContent = `，打印时间 ${now.format(new Date())}`;
});
window.addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});
if (!document.getElementById("proof")) document.body.dataset.ready = "1";
