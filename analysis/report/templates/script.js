"use strict";
// Sorting, filtering and highlighting. Without it the page reads whole, and it loads nothing.

function number(cell) {
  const text = cell.textContent.replace(/,/g, "").replace(/\u2212/g, "-").trim();
  const value = parseFloat(text);
  return Number.isNaN(value) ? null : value;
}

function compare(column, words, up) {
  return (a, b) => {
    const [one, two] = [a.cells[column], b.cells[column]];
    if (words) return up * one.textContent.localeCompare(two.textContent);
    const [x, y] = [number(one), number(two)];
    if (x === null || y === null) return (x === null) - (y === null);
    return up * (x - y);
  };
}

function makeSortable(table) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 3) return;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const words = head.classList.contains("words");
      const rows = [...body.rows].sort(compare(column, words, rising ? 1 : -1));
      body.append(...rows);
    });
  });
}

function makeFilterable(table) {
  const body = table.tBodies[0];
  if (body.rows.length < 6) return;
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("span");
  label.className = "filter";
  input.type = "search";
  input.placeholder = "e.g. clahe completed";
  label.append("Show rows with ", input, " ", count);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const parts = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = [...row.cells].map((cell) => cell.textContent.toLowerCase()).join(" ");
      row.hidden = !parts.every((part) => text.includes(part));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = parts.length ? `${shown} of ${body.rows.length}` : "";
  });
}

const byTrial = new Map();
for (const element of document.querySelectorAll("[data-trial]")) {
  const trial = element.dataset.trial;
  if (!byTrial.has(trial)) byTrial.set(trial, []);
  byTrial.get(trial).push(element);
}
let lit = null;
let kept = null;

function light(trial) {
  if (trial === lit) return;
  for (const element of byTrial.get(lit) || []) element.classList.remove("lit");
  lit = trial;
  for (const element of byTrial.get(lit) || []) element.classList.add("lit");
  document.documentElement.classList.toggle("one-lit", lit !== null);
}

function trialOf(event) {
  const element = event.target.closest("[data-trial]");
  return element ? element.dataset.trial : null;
}

document.addEventListener("mouseover", (event) => light(trialOf(event) || kept));
document.addEventListener("click", (event) => {
  const trial = trialOf(event);
  if (trial === null) return;
  kept = kept === trial ? null : trial;
  light(kept);
});
document.querySelectorAll("table").forEach(makeSortable);
document.querySelectorAll("table.trials").forEach(makeFilterable);
