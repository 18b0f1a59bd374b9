// Writing a record. Without this file everything can be written and saved; with it, what is typed is saved by itself.
(function () {
  "use strict";
  var each = function (list, work) { Array.prototype.forEach.call(list, work); };

  // ---- characters left ----
  function counter(field) {
    var most = Number(field.getAttribute("data-most")), form = field.form, line = document.createElement("p");
    if (!form || !form.getAttribute("data-left")) { return; }
    line.className = "left";
    line.hidden = true;
    field.insertAdjacentElement("afterend", line);
    function count() {
      var left = most - field.value.length;
      line.hidden = left > most * 0.2 && left > 40;
      line.textContent = left >= 0 ? form.getAttribute("data-left").replace("{n}", left) : form.getAttribute("data-over").replace("{n}", -left);
    }
    field.addEventListener("input", count);
    count();
  }

  // ---- a box that shows only some of many names ----
  function filter(box) {
    var set = document.getElementById(box.getAttribute("data-filter"));
    box.closest(".filter").hidden = false;
    box.addEventListener("input", function () {
      var wanted = box.value.trim().toLocaleLowerCase();
      each(set.querySelectorAll(".tick-list li"), function (item) {
        item.hidden = Boolean(wanted) && item.textContent.toLocaleLowerCase().indexOf(wanted) < 0;
      });
      each(set.querySelectorAll("details.more-choices"), function (more) {
        if (wanted) { more.open = Boolean(more.querySelector("li:not([hidden])")); }
      });
    });
    box.addEventListener("keydown", function (e) { if (e.key === "Enter") { e.preventDefault(); } });
  }

  function enhance(part) {
    each(part.querySelectorAll("[data-most]"), counter);
    each(part.querySelectorAll("[data-filter]"), filter);
  }
  enhance(document);

  // ---- a link to a field inside a closed step opens it ----
  function reveal() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    for (var step = target.closest("details"); step; step = step.parentElement && step.parentElement.closest("details")) { step.open = true; }
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  // ---- beginning: dropping a file, and saying that reading takes a while ----
  each(document.querySelectorAll("[data-drop]"), function (form) {
    var input = form.querySelector("input[type=file]");
    ["dragover", "dragleave", "drop"].forEach(function (kind) {
      form.addEventListener(kind, function (e) {
        e.preventDefault();
        form.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && e.dataTransfer.files.length) { input.files = e.dataTransfer.files; form.querySelector("button").focus(); }
      });
    });
  });
  each(document.querySelectorAll("form[data-busy]"), function (form) {
    form.addEventListener("submit", function () { form.querySelector("[data-busy-note]").textContent = form.getAttribute("data-busy"); });
  });

  // ---- saving by itself ----
  var form = document.getElementById("record-form");
  if (!form || !window.fetch || !window.FormData || !window.URLSearchParams) { return; }
  var PAUSE = 1500, BEAT = 40000;
  var status = form.querySelector("[data-status]"), presence = document.querySelector("[data-presence]");
  var timer = 0, busy = false, again = false, clashed = false, leaving = false, sent = "", kept = content();

  function content() {
    var data = new URLSearchParams();
    new FormData(form).forEach(function (value, name) { if (typeof value === "string") { data.append(name, value); } });
    return data.toString();
  }
  function say(text) { if (status.textContent !== text) { status.textContent = text; } }
  function told(name) { return form.getAttribute("data-" + name); }

  function values(part) {
    var found = {};
    each(part.querySelectorAll("[name]"), function (field) {
      found[field.name + (/checkbox|radio/.test(field.type) ? "=" + field.value : "")] = /checkbox|radio/.test(field.type) ? field.checked : field.value;
    });
    return found;
  }

  // Put a field in as the server has it now; what was typed since it was sent stays.
  function renew(name, html, before) {
    var old = form.querySelector('[data-field="' + name + '"]'), holder = document.createElement("template");
    if (!old) { return; }
    holder.innerHTML = html;
    var fresh = holder.content.firstElementChild, now = values(old), here = document.activeElement;
    var at = old.contains(here) && here.name ? { name: here.name, value: here.value, box: /checkbox|radio/.test(here.type), start: here.selectionStart, end: here.selectionEnd } : null;
    each(fresh.querySelectorAll("[name]"), function (field) {
      var box = /checkbox|radio/.test(field.type), key = field.name + (box ? "=" + field.value : "");
      if (field.name === "take" || !(key in now)) { return; }
      if (before && now[key] !== before[key]) { if (box) { field.checked = now[key]; } else { field.value = now[key]; } }
    });
    old.replaceWith(fresh);
    enhance(fresh);
    if (at) {
      each(fresh.querySelectorAll("[name]"), function (field) {
        if (field.name !== at.name || (at.box && field.value !== at.value)) { return; }
        field.focus({ preventScroll: true });
        if (!at.box && typeof at.start === "number" && field.setSelectionRange) { field.setSelectionRange(at.start, at.end); }
      });
    }
  }

  function meter(found) {
    var bar = form.querySelector("[data-meter]"), text = form.querySelector("[data-meter-text]"), list = form.querySelector("[data-missing]");
    bar.value = found.share;
    text.textContent = text.getAttribute("data-text").replace("{n}", found.percent);
    list.textContent = "";
    found.missing.slice(0, 4).forEach(function (one) {
      var item = document.createElement("li"), link = document.createElement("a");
      link.href = one.href;
      link.textContent = one.label;
      item.append(link, ": " + one.why);
      list.appendChild(item);
    });
  }

  function take(answer, before) {
    form.elements.on.value = answer.number;
    if (form.elements.original && form.elements.language) { form.elements.original.value = form.elements.language.value; }
    Object.keys(answer.fields).forEach(function (name) { renew(name, answer.fields[name], before); });
    meter(answer.meter);
    if (presence) {
      presence.hidden = !answer.others.length;
      presence.textContent = answer.others.length ? presence.getAttribute("data-text").replace("{names}", answer.others.join(", ")) : "";
    }
    if (answer.clashes.length) {
      clashed = true;
      add("clash", answer.clash);
      add("clash-on", answer.on);
      var box = form.querySelector("[data-clash]");
      box.hidden = false;
    }
    say(answer.merged.length ? told("merged").replace("{name}", answer.by).replace("{fields}", answer.merged.join(", ")) : told("saved").replace("{time}", answer.saved));
  }

  function add(name, value) {
    var field = form.elements[name] || form.appendChild(document.createElement("input"));
    field.type = "hidden";
    field.name = name;
    field.value = value;
  }

  function save() {
    var body = content(), before = values(form);
    if (busy) { again = true; return; }
    if (clashed || leaving) { return; }
    busy = true;
    sent = body;
    if (body !== kept) { say(told("saving")); }
    fetch(form.getAttribute("data-autosave"), { method: "POST", body: body, credentials: "same-origin", headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" } })
      .then(function (answer) {
        if (!answer.ok) { throw new Error(answer.status === 401 || answer.status === 403 ? "ended" : "offline"); }
        return answer.json();
      })
      .then(function (answer) {
        var untouched = content() === sent;
        take(answer, before);
        if (untouched) { kept = content(); } else { again = true; }
      })
      .catch(function (error) { say(told(error.message === "ended" ? "ended" : "offline")); })
      .then(function () {
        busy = false;
        if (again) { again = false; later(); }
      });
  }
  function later() { clearTimeout(timer); timer = setTimeout(save, PAUSE); }

  form.addEventListener("input", function (e) { if (e.target.name) { later(); } });
  form.addEventListener("change", function (e) { if (e.target.name) { later(); } });
  form.addEventListener("submit", function () { leaving = true; });
  window.addEventListener("pageshow", function (e) { if (e.persisted) { location.reload(); } });
  window.addEventListener("beforeunload", function (e) { if (!leaving && content() !== kept) { e.preventDefault(); } });
  setInterval(function () { if (document.visibilityState === "visible") { save(); } }, BEAT);
})();
