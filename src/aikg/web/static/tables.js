// Sorting and filtering of tables. Without this script the tables are as the server wrote them.
"use strict";

const LONG = 8; // a table with fewer rows needs no filter
const number = (text) => (/^[<>≤≥]?\s*[-+]?\d[\d.,]*/.test(text) ? parseFloat(text.replace(/[^\d.+-]/g, "")) : NaN);

function compare(one, other) {
  const [a, b] = [number(one), number(other)];
  if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
  return Number.isNaN(a) ? one.localeCompare(other) : a - b;
}

function showAll(sheet) {
  const box = sheet.querySelector(".all");
  if (box) box.checked = true;
}

function sort(sheet, head, column) {
  const down = head.ariaSort === "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.ariaSort = down ? "descending" : "ascending";
  showAll(sheet);
  for (const body of sheet.querySelectorAll("tbody")) {
    const rows = [...body.rows].filter((row) => row.cells.length > 1 || !row.querySelector(".part"));
    const text = (row) => row.cells[column]?.textContent.trim() ?? "";
    rows.sort((a, b) => (text(a) === "") - (text(b) === "") || (down ? -1 : 1) * compare(text(a), text(b)));
    body.append(...rows);
  }
}

for (const sheet of document.querySelectorAll(".sheet")) {
  [...sheet.querySelectorAll("thead th")].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(sheet, head, column));
    head.append(button);
  });
  const rows = [...sheet.querySelectorAll("tbody tr")];
  if (rows.length <= LONG) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "filter";
  field.ariaLabel = "Filter the rows of this table";
  field.addEventListener("input", () => {
    showAll(sheet);
    const wanted = field.value.toLowerCase();
    for (const row of rows) {
      row.hidden = !row.querySelector(".part") && !row.textContent.toLowerCase().includes(wanted);
    }
  });
  sheet.querySelector(".tools")?.append(field);
}
// A link of the contents opens the section that it leads to.
const open = () => document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
window.addEventListener("hashchange", open);
open();
