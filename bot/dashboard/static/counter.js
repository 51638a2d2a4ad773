// What the page does better with a script: clocks that run, remarks while he types, news without reloading.
// All of it works without: the server says the time left, a button checks, and he reloads.
"use strict";

const french = document.documentElement.lang === "fr";
const ahead = Date.parse(document.body.dataset.now) - Date.now();

function span(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (hours >= 48) return `${days} ${french ? "jours" : "days"} ${hours % 24} h`;
  if (hours >= 24) return `${hours} h`;
  return `${hours} h ${minutes % 60} min`;
}

function tick() {
  for (const clock of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(clock.dataset.due) - Date.now() - ahead) / 1000;
    const late = french ? `dépassée de ${span(-left)}` : `late by ${span(-left)}`;
    clock.textContent = left < 0 ? late : span(left);
  }
}

async function part(address, name, options) {
  const answer = await fetch(address, {...options, headers: {"X-Part": name}, credentials: "same-origin"});
  return answer.ok ? answer.text() : null;
}

// News of Today, unless he is at work in it: nothing moves under his hands.
async function renew(live) {
  if (document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]")) return;
  const fresh = await part(live.dataset.live, "live", {});
  if (fresh === null || live.contains(document.activeElement) || live.querySelector("details[open]")) return;
  live.innerHTML = fresh;   // from our own server, everything in it escaped
  tick();
}

function checks(area) {
  let waits, turn = 0;
  area.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(async () => {
      const mine = ++turn;
      const remarks = await part(area.dataset.check, "remarks", {method: "POST", body: new FormData(area.form)});
      if (remarks !== null && mine === turn) document.getElementById(area.dataset.remarks).innerHTML = remarks;
    }, 500);
  });
}

// On paper nobody unfolds anything. What he had folded is folded again afterwards.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const one of unfolded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of unfolded) one.open = false;
});

tick();
setInterval(tick, 30000);
document.querySelectorAll("textarea[data-check]").forEach(checks);
for (const live of document.querySelectorAll("[data-live]")) setInterval(() => renew(live).catch(() => {}), 30000);
const notice = document.getElementById("notice");
if (notice) notice.focus();
