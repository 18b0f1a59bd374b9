/* How far an import is, without loading the page again; the page does without it. */
"use strict";
(() => {
  const box = document.querySelector("[data-progress]");
  if (!box) return;
  const said = box.querySelector("[data-said]");
  const bar = box.querySelector("progress");
  let wait = 700;
  const look = async () => {
    try {
      const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (!now.busy || (now.state !== box.dataset.state && now.state !== "checking")) {
        location.reload();
        return;
      }
      if (said.textContent !== now.said) said.textContent = now.said;
      if (now.of) {
        bar.max = now.of;
        bar.value = now.done;
      }
      wait = 700;
    } catch {
      wait = Math.min(wait * 2, 10000); // the site may be starting anew
    }
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
})();
