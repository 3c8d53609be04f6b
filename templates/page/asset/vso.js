// What the pages need besides plain HTML: charts from the tables beside them, one deed at a time, focus on what was said.
"use strict";
(function () {
  function colours() {
    var style = getComputedStyle(document.documentElement);
    var of = function (name) { return style.getPropertyValue(name).trim(); };
    return { ink: of("--soft"), line: of("--line"), series: [of("--accent"), of("--new"), of("--warn"), of("--bad")] };
  }

  // Rows of a table as columns of numbers; the first cell of a row has its moment in data-x (seconds since 1970).
  function columns(table) {
    var names = Array.prototype.map.call(table.querySelectorAll("thead th[data-series]"), function (cell) {
      return { at: cell.cellIndex, name: cell.textContent.trim() };
    });
    var rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr[data-x]"));
    rows.sort(function (a, b) { return Number(a.dataset.x) - Number(b.dataset.x); });
    var data = [rows.map(function (row) { return Number(row.dataset.x); })];
    names.forEach(function (name) {
      data.push(rows.map(function (row) { return Number(row.cells[name.at].textContent); }));
    });
    return { names: names, data: data };
  }

  function draw(place) {
    var table = document.getElementById(place.dataset.chart);
    if (!table || typeof uPlot === "undefined") { return; }
    var found = columns(table);
    // One point is no course of time; the table says it.
    if (found.data[0].length < 2) { place.hidden = true; return; }
    var look = colours();
    var bars = place.dataset.kind === "bars";
    var axis = { stroke: look.ink, grid: { stroke: look.line, width: 1 }, ticks: { stroke: look.line, width: 1 } };
    var moments = Object.assign({
      space: bars ? 60 : 100,
      values: function (u, splits) {
        return splits.map(function (at) {
          var text = new Date(at * 1000).toISOString();
          return bars ? text.slice(5, 10) : text.slice(5, 16).replace("T", " ");
        });
      }
    }, axis);
    place.textContent = "";
    new uPlot({
      width: Math.max(240, place.clientWidth), height: 220, cursor: { drag: { x: false, y: false } },
      scales: { y: { range: function (u, low, high) { return [0, Math.max(1, Number(place.dataset.most) || high * 1.1)]; } } },
      axes: [moments, axis], legend: { live: false }, padding: [8, 40, 0, 0],
      series: [{}].concat(found.names.map(function (name, at) {
        return {
          label: name.name, stroke: look.series[at % 4], width: 2, points: { show: found.data[0].length < 40, size: 5 },
          paths: bars ? uPlot.paths.stepped({ align: 1 }) : undefined
        };
      }))
    }, found.data, place);
  }

  function drawAll() { document.querySelectorAll("[data-chart]").forEach(draw); }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    var button = event.submitter || form.querySelector("button");
    if (button) { button.setAttribute("aria-busy", "true"); }
  });

  // Coming back with the browser's own button, a form may be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
    document.querySelectorAll("button[aria-busy]").forEach(function (button) { button.removeAttribute("aria-busy"); });
  });

  document.addEventListener("DOMContentLoaded", function () {
    drawAll();
    // On a phone the navigation is wider than the window: the page that one is on is brought into sight.
    var nav = document.querySelector(".bar nav");
    var at = nav && nav.querySelector("[aria-current]");
    if (at) { nav.scrollLeft = Math.max(0, at.offsetLeft - nav.offsetLeft - 60); }
    var said = document.querySelector(".said");
    if (said) { said.focus(); }
  });
  var timer;
  window.addEventListener("resize", function () { clearTimeout(timer); timer = setTimeout(drawAll, 200); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
