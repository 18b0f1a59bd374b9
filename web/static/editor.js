// The page /query works without this file. It adds the editor (Yasqe), an answer without a reload, and saved queries.
(function () {
  "use strict";
  var form = document.querySelector("[data-form]");
  var area = form.querySelector("[data-query]");
  var box = form.querySelector("[data-box]");
  var says = form.querySelector("[data-says]");
  var prefixes = JSON.parse(form.getAttribute("data-prefixes"));
  var editor = null;

  function read() { return editor ? editor.getValue() : area.value; }
  function write(text) {
    area.value = text;
    if (editor && editor.getValue() !== text) { editor.setValue(text); }
  }
  function kept(name) { try { return localStorage.getItem(name); } catch (e) { return null; } }
  function keep(name, value) { try { localStorage.setItem(name, value); return true; } catch (e) { return false; } }

  // ---- the editor, fetched when somebody turns to the page; the plain box stays for those who prefer it ----
  var toggle = form.querySelector("[data-switch]");
  var source = form.getAttribute("data-editor");
  var CHOICE = "goodways-editor";
  var signs = ["pointermove", "pointerdown", "touchstart", "keydown", "focusin"];
  var fetching = false;

  function sayToggle() { toggle.textContent = toggle.getAttribute(editor ? "data-plain" : "data-rich"); }
  function sayHow() {
    form.querySelector("[data-with]").hidden = !editor;
  }
  function onSign() { signs.forEach(function (sign) { document.removeEventListener(sign, onSign, true); }); fetchEditor(); }
  function fetchEditor() {
    if (window.Yasqe) { return open(); }
    if (fetching) { return; }
    fetching = true;
    var style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = form.getAttribute("data-style");
    document.head.insertBefore(style, document.head.querySelector("link[rel=stylesheet]"));
    var script = document.createElement("script");
    script.src = source;
    script.addEventListener("load", open);
    script.addEventListener("error", function () { toggle.hidden = true; });
    document.head.appendChild(script);
  }

  function open() {
    if (editor || kept(CHOICE) === "plain") { return; }
    var focused = document.activeElement === area, at = area.selectionStart;
    Yasqe.defaults.autocompleters = ["variables"];
    Yasqe.registerAutocompleter(completer, true);
    var holder = document.createElement("div");
    box.appendChild(holder);
    area.hidden = true;
    editor = new Yasqe(holder, {
      value: area.value, persistenceId: null, createShareableLink: null, consumeShareLink: null, prefixCcApi: null,
      showQueryButton: false, resizeable: false, collapsePrefixesOnLoad: false, editorHeight: "auto", inputStyle: "contenteditable",
      screenReaderLabel: form.querySelector("label[for=query]").textContent, viewportMargin: Infinity,
      extraKeys: { "Ctrl-Space": complete, "Esc": false, "Tab": false, "Shift-Tab": false, "Ctrl-Enter": run, "Cmd-Enter": run }
    });
    var field = editor.getInputField();
    field.setAttribute("role", "textbox");
    field.setAttribute("aria-multiline", "true");
    field.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
    if (area.hasAttribute("aria-invalid")) { field.setAttribute("aria-invalid", "true"); }
    editor.on("change", function () { area.value = editor.getValue(); clearMark(); declare(); });
    markLine();
    editor.refresh();
    if (focused) { editor.focus(); editor.setCursor(editor.posFromIndex(at)); }
    sayToggle();
    sayHow();
  }

  function close() {
    area.value = editor.getValue();
    editor.getWrapperElement().closest(".yasqe").parentNode.remove();
    editor = null;
    area.hidden = false;
    sayToggle();
    sayHow();
  }

  form.querySelector("label[for=query]").addEventListener("click", function () { if (editor) { editor.focus(); } });
  if (source) {
    toggle.hidden = false;
    sayToggle();
    toggle.addEventListener("click", function () {
      if (editor) { keep(CHOICE, "plain"); close(); area.focus(); }
      else { keep(CHOICE, "editor"); fetchEditor(); }
    });
    if (kept(CHOICE) !== "plain") {
      signs.forEach(function (sign) { document.addEventListener(sign, onSign, { capture: true, passive: true }); });
    }
  }

  // ---- names of this graph, as they are typed ----
  var completer = {
    name: "goodways", persistenceId: null, autoShow: true, bulk: false,
    isValidCompletionPosition: function (yasqe) {
      var token = yasqe.getCompleteToken();
      if (/^[?$"'#@]/.test(token.string) || token.type === "comment") { return false; }
      return asked ? /\w/.test(token.string) : /^(<\S|[a-z][a-z-]*:)/.test(token.string);
    },
    preProcessToken: function (yasqe, token) { return token; },
    get: function (yasqe, token) {
      var before = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token || yasqe.getCompleteToken());
      var address = "/query/names?limit=30&q=" + encodeURIComponent((token || {}).string || "");
      if (before && before.string === "a") { address += "&kind=class"; }
      return fetch(address).then(function (answer) { return answer.json(); }).then(function (found) {
        found.names.forEach(function (name) { labels[name.written] = name; });
        var written = found.names.map(function (name) { return name.written; });
        return written.length === 1 && written[0] === token.string ? [] : written;
      });
    },
    postProcessSuggestion: function (yasqe, token, suggestion) { return suggestion; },
    postprocessHints: function (yasqe, hints) {
      hints.forEach(function (hint) {
        hint.render = function (element) {
          var name = labels[hint.text];
          element.textContent = hint.text;
          if (name) {
            var note = document.createElement("span");
            note.textContent = name.label + " · " + name.kind.replace(/-/g, " ");
            element.appendChild(note);
          }
        };
      });
      return hints;
    }
  };
  var labels = {};
  var asked = false;  // a word without a prefix is completed on demand only: it may become a keyword
  function complete() {
    asked = true;
    editor.autocomplete();
    asked = false;
  }

  // A prefix of this site that is used and not declared is declared, once its name is written out.
  var declaring = false;
  function declare() {
    if (declaring) { return; }
    var cursor = editor.getCursor();
    var typed = /(?:^|[\s(^|/,;])([a-z][a-z-]*):\S*[\s;,.)}]$/.exec(editor.getLine(cursor.line).slice(0, cursor.ch));
    if (!typed || !prefixes[typed[1]] || editor.getPrefixesFromQuery()[typed[1]]) { return; }
    if (/^(comment|string)$/.test(editor.getTokenTypeAt({ line: cursor.line, ch: Math.max(0, cursor.ch - 1) }) || "")) { return; }
    var added = {};
    added[typed[1]] = prefixes[typed[1]];
    declaring = true;
    editor.addPrefixes(added);
    declaring = false;
  }

  // ---- the line that could not be read ----
  var marked = null;
  function clearMark() { if (marked !== null && editor) { editor.removeLineClass(marked, "background", "line-wrong"); marked = null; } }
  function markLine() {
    clearMark();
    var line = area.getAttribute("data-line");
    if (line && editor) { marked = editor.addLineClass(+line - 1, "background", "line-wrong"); }
  }

  // ---- running without a reload ----
  var button = form.querySelector(".run");
  var running = null;
  function fields() {
    return new URLSearchParams({ query: read(), run: "1", show: form.elements.show.value });
  }
  function run() {
    var choice = form.elements.show.selectedOptions[0];
    area.value = read();
    if (choice.parentNode !== form.elements.show.firstElementChild) {  // a file
      form.method = read().length > 4000 ? "post" : "get";
      form.submit();
      return;
    }
    ask("/query", fields());
  }
  function ask(path, given) {
    var long = given.toString().length > 6000;
    if (running) { running.abort(); }
    running = new AbortController();
    button.setAttribute("aria-disabled", "true");
    says.textContent = says.getAttribute("data-busy");
    var address = path + "?" + given;
    fetch(long ? path : address, long ? { method: "POST", body: given, signal: running.signal } : { signal: running.signal })
      .then(function (answer) { return answer.text(); })
      .then(function (html) {
        show(new DOMParser().parseFromString(html, "text/html"));
        if (!long) { history.pushState(null, "", address + "#result"); shown = location.pathname + location.search; }
      })
      .catch(function (error) { if (error.name !== "AbortError") { form.submit(); } });
  }
  function show(page) {
    running = null;
    button.removeAttribute("aria-disabled");
    var result = document.querySelector("[data-result]"), came = page.querySelector("[data-result]");
    var asked = page.querySelector("[data-query]");
    if (!came) { form.submit(); return; }
    result.replaceChildren.apply(result, Array.from(document.importNode(came, true).childNodes));
    ["data-line", "aria-invalid", "aria-describedby"].forEach(function (name) {
      var value = asked.getAttribute(name);
      if (value === null) { area.removeAttribute(name); } else { area.setAttribute(name, value); }
      if (editor && name !== "data-line") {
        if (value === null) { editor.getInputField().removeAttribute(name); } else { editor.getInputField().setAttribute(name, value); }
      }
    });
    write(asked.value);
    markLine();
    var heading = result.querySelector("h2");
    says.textContent = says.getAttribute("data-done") + " " + (heading ? heading.textContent : "");
    result.focus({ preventScroll: true });
    result.scrollIntoView({ block: "start" });
  }
  form.addEventListener("submit", function (event) { event.preventDefault(); run(); });
  form.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === area) { event.preventDefault(); run(); }
  });
  var shown = location.pathname + location.search;
  window.addEventListener("popstate", function () {  // a link within the page changes only what stands behind the #
    if (location.pathname + location.search !== shown) { location.reload(); }
  });

  // ---- sharing ----
  var share = form.querySelector("[data-share]");
  if (navigator.clipboard) {
    share.hidden = false;
    var before = share.textContent;
    share.addEventListener("click", function () {
      var address = location.origin + "/query?" + fields();
      var told = function (name) {
        share.textContent = share.getAttribute(name);
        setTimeout(function () { share.textContent = before; }, 3000);
      };
      if (address.length > 6000) { told("data-long"); return; }
      navigator.clipboard.writeText(address).then(function () { told("data-copied"); });
    });
    share.setAttribute("aria-live", "polite");
  }

  // ---- queries kept in this browser ----
  var saved = form.querySelector("[data-saved]");
  var list = saved.querySelector("[data-saved-list]");
  var STORE = "goodways-queries";
  function queries() { try { return JSON.parse(kept(STORE)) || []; } catch (e) { return []; } }
  function piece(tag, text, action) {
    var made = document.createElement(tag);
    made.textContent = text;
    if (action) { made.type = "button"; made.className = "plain"; made.addEventListener("click", action); }
    return made;
  }
  function draw() {
    var all = queries();
    saved.querySelector("[data-saved-count]").textContent = all.length || "";
    list.replaceChildren.apply(list, all.map(function (entry, n) {
      var item = document.createElement("li");
      var open = piece("button", list.getAttribute("data-open"), function () { write(entry.query); (editor || area).focus(); });
      var gone = piece("button", list.getAttribute("data-delete"), function () {
        all.splice(n, 1);
        keep(STORE, JSON.stringify(all));
        draw();
        saved.querySelector("summary").focus();
      });
      open.setAttribute("aria-label", open.textContent + ": " + entry.name);
      gone.setAttribute("aria-label", gone.textContent + ": " + entry.name);
      item.append(piece("span", entry.name), open, gone);
      return item;
    }));
  }
  function save() {
    var field = saved.querySelector("[data-save-name]");
    var name = field.value.trim() || (read().match(/^#\s*(.+)$/m) || [])[1] || new Date().toLocaleString();
    var all = queries().filter(function (entry) { return entry.name !== name; });
    all.unshift({ name: name, query: read() });
    if (keep(STORE, JSON.stringify(all))) { field.value = ""; draw(); says.textContent = saved.getAttribute("data-kept"); }
  }
  saved.querySelector("[data-save]").addEventListener("click", save);
  saved.querySelector("[data-save-name]").addEventListener("keydown", function (event) {
    if (event.key === "Enter") { event.preventDefault(); save(); }
  });
  if (keep("goodways-test", "1")) {
    localStorage.removeItem("goodways-test");
    saved.hidden = false;
    draw();
  }
})();
