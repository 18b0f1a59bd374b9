// Goodways works without this file. It only makes the keyboard quicker and adds two copy buttons.
(function () {
  "use strict";
  var box = document.querySelector(".ask-large [data-search]") || document.querySelector("[data-search]");
  var hits = Array.prototype.slice.call(document.querySelectorAll("[data-hit]"));
  var store = "goodways-slash-off";

  function isOff() {
    try { return localStorage.getItem(store) === "1"; } catch (e) { return false; }
  }
  function setOff(off) {
    try { off ? localStorage.setItem(store, "1") : localStorage.removeItem(store); } catch (e) { /* private window: lasts for this page */ }
    slashOff = off;
  }
  var slashOff = isOff();

  function isTyping(el) {
    return el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  }

  document.addEventListener("keydown", function (e) {
    if (e.defaultPrevented || e.altKey || e.ctrlKey || e.metaKey || e.isComposing) { return; }
    var here = document.activeElement;
    if (e.key === "/" && !slashOff && box && !isTyping(here)) {
      e.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (!hits.length || e.shiftKey || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) { return; }
    // Arrows move between hits only from the box or from a hit; elsewhere they scroll, as everywhere.
    var at = hits.indexOf(here), next = null;
    if (e.key === "ArrowDown" && here === box) { next = hits[0]; }
    else if (e.key === "ArrowDown" && at > -1) { next = hits[at + 1]; }
    else if (e.key === "ArrowUp" && at > 0) { next = hits[at - 1]; }
    else if (e.key === "ArrowUp" && at === 0) { next = box; }
    if (next || at > -1) { e.preventDefault(); }
    if (next) {
      next.focus({ preventScroll: true });
      (next.closest(".card") || next).scrollIntoView({ block: "nearest" });
    }
  });

  var keys = document.querySelector("[data-keys]");
  if (keys && box) {
    var button = keys.querySelector("[data-keys-toggle]");
    var texts = [button.textContent, button.getAttribute("data-off")];
    button.textContent = texts[slashOff ? 1 : 0];
    button.addEventListener("click", function () {
      setOff(!slashOff);
      button.textContent = texts[slashOff ? 1 : 0];
    });
    keys.hidden = false;
  }

  // Browsers without ::details-content: open the filters where there is room beside the hits.
  var facets = document.querySelector("[data-facets]");
  if (facets && !(window.CSS && CSS.supports("selector(::details-content)")) && window.matchMedia("(min-width: 58em)").matches) {
    facets.open = true;
  }

  function copier(holder, text) {
    if (!holder || !navigator.clipboard) { return; }
    var b = holder.querySelector("button"), before = b.textContent;
    b.addEventListener("click", function () {
      navigator.clipboard.writeText(text()).then(function () {
        b.textContent = b.getAttribute("data-copied");
        setTimeout(function () { b.textContent = before; }, 3000);
      });
    });
    b.setAttribute("aria-live", "polite");
    holder.hidden = false;
  }
  copier(document.querySelector("[data-copy-link]"), function () { return location.href; });
  copier(document.querySelector("[data-copy-cite]"), function () { return document.querySelector("[data-copy-text]").textContent.trim(); });
})();
