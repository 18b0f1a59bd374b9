// Suggestions under the search boxes: an editable combobox with a list (WAI-ARIA 1.2). Without this file, and whenever
// asking fails, they are plain search boxes. Texts in the page's language come from attributes of the script element.
(function () {
  "use strict";
  var script = document.currentScript;
  if (!window.fetch || !window.URLSearchParams) { return; }
  var page = document.documentElement.lang || "en";
  var language = (page === "en" && navigator.language ? navigator.language : page).slice(0, 2).toLowerCase();
  var names = { concept: text("topics", "Topics"), place: text("places", "Places"), record: text("records", "Records") };
  var title = text("list", "Suggestions"), count = text("count", "Suggestions: {n}");

  function text(name, english) { return (script && script.getAttribute("data-" + name)) || english; }

  function make(tag, attributes, inside) {
    var element = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (inside) { element.textContent = inside; }
    return element;
  }

  function enhance(box, number) {
    if (!box.form) { return; }
    var id = (box.id || "q" + number) + "-suggest";
    var list = make("div", { id: id, "class": "suggest", role: "listbox", "aria-label": title });
    var said = make("div", { "class": "vh", "aria-live": "polite" });
    var options = [], active = -1, timer = 0, asked = 0, running = null;

    list.hidden = true;
    box.type = "text"; // a search field may not be a combobox
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-expanded", "false");
    box.setAttribute("aria-controls", id);
    box.form.appendChild(list);
    box.form.appendChild(said);

    function close() {
      list.hidden = true;
      said.textContent = "";
      box.setAttribute("aria-expanded", "false");
      activate(-1);
    }

    function stop() {
      clearTimeout(timer);
      asked += 1;
      if (running) { running.abort(); running = null; }
    }

    function activate(next) {
      if (options[active]) { options[active].setAttribute("aria-selected", "false"); }
      active = next;
      if (!options[active]) { box.removeAttribute("aria-activedescendant"); return; }
      options[active].setAttribute("aria-selected", "true");
      options[active].scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", options[active].id);
    }

    function option(found) {
      var chars = Array.from(found.text), made = make("div", { role: "option", id: id + "-" + options.length, "aria-selected": "false" });
      if (found.language && found.language !== page) { made.lang = found.language; }
      made.append(chars.slice(0, found.start).join(""), make("b", {}, chars.slice(found.start, found.end).join("")), chars.slice(found.end).join(""));
      made.setAttribute("data-url", found.url);
      options.push(made);
      return made;
    }

    function show(suggestions) {
      options = [];
      active = -1;
      list.textContent = "";
      Object.keys(names).forEach(function (kind) {
        var some = suggestions.filter(function (found) { return found.kind === kind; });
        if (!some.length) { return; }
        var group = make("div", { role: "group", "aria-labelledby": id + "-" + kind });
        group.appendChild(make("div", { id: id + "-" + kind, "class": "suggest-kind", role: "presentation" }, names[kind]));
        some.forEach(function (found) { group.appendChild(option(found)); });
        list.appendChild(group);
      });
      if (!options.length || document.activeElement !== box) { close(); return; }
      box.removeAttribute("aria-activedescendant");
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
      said.textContent = count.replace("{n}", options.length);
    }

    function ask() {
      var typed = box.value.trim(), mine;
      stop();
      if (typed.length < 2) { close(); return; }
      mine = asked;
      running = window.AbortController ? new AbortController() : null;
      fetch("/api/v1/suggest?" + new URLSearchParams({ q: typed, lang: language }), running ? { signal: running.signal } : {})
        .then(function (answer) { return answer.ok ? answer.json() : { suggestions: [] }; })
        .then(function (answer) { if (mine === asked) { show(answer.suggestions); } })
        .catch(function () { if (mine === asked) { close(); } });
    }

    function follow(chosen, elsewhere) {
      var url = chosen.getAttribute("data-url");
      if (!/^\/(?![/\\])/.test(url)) { return; }
      if (elsewhere) { window.open(url, "_blank", "noopener"); return; }
      close();
      location.assign(url);
    }

    box.addEventListener("input", function (e) {
      stop();
      if (!e.isComposing) { timer = setTimeout(ask, 120); }
    });
    box.addEventListener("compositionend", function () { stop(); timer = setTimeout(ask, 120); });
    box.addEventListener("blur", function () { stop(); close(); });
    box.form.addEventListener("submit", function () { stop(); close(); });
    // The box hears a key before the document does; what is handled here, goodways.js leaves alone.
    box.addEventListener("keydown", function (e) {
      var down = e.key === "ArrowDown", open = !list.hidden;
      if (e.isComposing || e.ctrlKey || e.metaKey) { return; }
      if (!open) {
        if (down && e.altKey) { e.preventDefault(); ask(); }
        return;
      }
      if (down || e.key === "ArrowUp") {
        if (e.altKey) { close(); }
        // One more place than options: the box itself, between the last and the first.
        else { activate((active + 1 + (down ? 1 : options.length)) % (options.length + 1) - 1); }
      } else if (e.key === "Escape") { stop(); close(); }
      else if (e.key === "Enter" && options[active]) { follow(options[active]); }
      else {
        if (e.key === "ArrowLeft" || e.key === "ArrowRight" || e.key === "Home" || e.key === "End") { activate(-1); }
        return;
      }
      e.preventDefault();
    });
    list.addEventListener("mousedown", function (e) { e.preventDefault(); }); // the box keeps the focus
    list.addEventListener("click", function (e) {
      var chosen = e.target.closest("[role=option]");
      if (chosen) { follow(chosen, e.ctrlKey || e.metaKey); }
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("input[data-search]"), enhance);
})();
