// While a record is written: what may be here already, in a list that is read out and never in the way. Without this
// file, and whenever asking fails, the form is what it was; the server looks again when it is sent.
(function () {
  "use strict";
  var form = document.getElementById("record-form"), place = document.getElementById("duplicates");
  if (!form || !place || !window.fetch || !window.URLSearchParams) { return; }
  var WATCHED = /^(title|source|projectReference|summary)([.\[:-].*)?$/, PAUSE = 600, MOST = 800;
  var timer = 0, asked = 0, last = "", shown = place.textContent.trim() ? "server" : "";

  function text(name) { return place.getAttribute("data-" + name) || ""; }

  function make(tag, inside, attributes) {
    var element = document.createElement(tag);
    if (inside) { element.textContent = inside; }
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    return element;
  }

  // The values of a field, whatever language or number stands behind its name.
  function values(name) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.value && field.name.split(/[.\[:-]/)[0] === name && field.type !== "hidden";
    });
  }

  function first(name) {
    var found = values(name)[0];
    return found ? found.value.trim().slice(0, MOST) : "";
  }

  function question() {
    var title = values("title")[0], kind = form.elements.type, spoken = form.elements.language;
    var asks = new URLSearchParams();
    // title.de, title[de]: the language stands in the name; else the record's own.
    var named = title ? (title.name.match(/[.\[:-]([a-z]{2})\b/) || [])[1] : "";
    if (first("title").length >= 5) { asks.append("title", first("title")); }
    if (first("summary").length >= 40) { asks.append("summary", first("summary")); }
    if (/^https?:\/\/[^\s.]+\.[^\s]+/i.test(first("source"))) { asks.append("source", first("source")); }
    values("projectReference").forEach(function (field) {
      field.value.split(/[\n;,]/).forEach(function (one) {
        if (one.trim().length >= 5) { asks.append("reference", one.trim().slice(0, 200)); }
      });
    });
    if (!asks.toString()) { return ""; }
    asks.append("language", named || (spoken && spoken.value) || "");
    if (kind && kind.value) { asks.append("type", kind.value); }
    if (text("but")) { asks.append("but", text("but")); }
    return asks.toString();
  }

  function entry(found) {
    var item = make("li"), link;
    if (/^\/(?![/\\])/.test(found.url)) {
      link = make("a", found.title, { href: found.url, target: "_blank", rel: "noopener" });
      if (found.language) { link.lang = found.language; }
      link.appendChild(make("span", " (" + text("new-tab") + ")", { "class": "vh", lang: document.documentElement.lang }));
      item.appendChild(link);
    } else { item.append(found.title); }
    item.append((found.draft ? " (" + text("draft") + ")" : "") + ". " + found.said + " ");
    item.append(found.reasons.map(function (reason) { return reason.said; }).join(" "));
    return item;
  }

  function show(found) {
    var key = JSON.stringify(found.map(function (one) { return [one.id, one.said, one.reasons]; }));
    var box, list;
    if (key === shown) { return; } // what has been read out is not read out again
    shown = key;
    place.textContent = "";
    if (!found.length) { return; }
    box = make("section", "", { "class": "notice", "aria-label": text("heading") });
    box.appendChild(make("p")).appendChild(make("b", text("heading")));
    box.appendChild(make("p", text("note")));
    list = box.appendChild(make("ol"));
    found.forEach(function (one) { list.appendChild(entry(one)); });
    place.appendChild(box);
  }

  function ask() {
    var asks = question(), mine;
    if (asks === last) { return; }
    last = asks;
    mine = asked += 1;
    if (!asks) { show([]); return; }
    fetch("/api/v1/duplicates?" + asks, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (answer) { if (answer && mine === asked) { show(answer.duplicates); } })
      .catch(function () { /* offline: the server looks when the form is sent */ });
  }

  function later(e) {
    if (!e.target.name || !WATCHED.test(e.target.name)) { return; }
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
})();
