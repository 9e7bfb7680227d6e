// Asks the engine once a second and shows what it says. All of it goes into the page as text:
// names are what guests call themselves.
"use strict";

const period = 1000;
const mostRows = 500;
const shown = { flows: [], names: new Map(), statistics: null, at: 0 };

// A token stands behind the '#', which is sent to nobody, where the engine listens on TCP.
const token = new URLSearchParams(location.hash.slice(1)).get("token");

async function ask(path) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(path, { headers, cache: "no-store" });
  if (!response.ok) {
    throw new Error(response.status === 401
      ? "The engine wants its token: open this page with #token=..."
      : `The engine answers ${response.status}.`);
  }

  return response.json();
}

function element(id) {
  return document.getElementById(id);
}

// Rows are kept where nothing has changed, so that a selection and a reader's place stay.
function fill(id, rows, nothing) {
  const body = element(id).tBodies[0];
  const headings = [...element(id).tHead.rows[0].cells];
  if (rows.length === 0) {
    const cell = document.createElement("td");
    cell.className = "empty";
    cell.colSpan = headings.length;
    cell.textContent = nothing;
    const row = document.createElement("tr");
    row.append(cell);
    body.replaceChildren(row);
    return;
  }

  if (body.querySelector(".empty")) {
    body.replaceChildren();
  }

  rows.forEach((cells, i) => {
    const row = body.rows[i] ?? body.insertRow();
    cells.forEach((text, j) => {
      const cell = row.cells[j] ?? row.insertCell();
      if (cell.textContent !== text) {
        cell.textContent = text;
      }

      cell.className = headings[j].className;
    });
  });
  while (body.rows.length > rows.length) {
    body.deleteRow(-1);
  }
}

function figures(pairs) {
  const list = element("rates");
  if (list.children.length !== pairs.length) {
    list.replaceChildren(...pairs.map(() => {
      const group = document.createElement("div");
      group.append(document.createElement("dt"), document.createElement("dd"));
      return group;
    }));
  }

  pairs.forEach(([name, value], i) => {
    list.children[i].children[0].textContent = name;
    list.children[i].children[1].textContent = value;
  });
}

function bits(bytes) {
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
  let value = bytes * 8;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }

  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

function rate(now, before, seconds) {
  return Math.max(0, ((now ?? 0) - (before ?? now ?? 0)) / seconds);
}

function showRates(statistics, flows) {
  const at = performance.now();
  const seconds = shown.at > 0 ? Math.max(0.001, (at - shown.at) / 1000) : 1;
  const counted = statistics.counted;
  const before = shown.statistics ?? statistics;
  const perSecond = name => rate(counted[name], before.counted[name], seconds);
  figures([
    ["From guests", bits(perSecond("bytesReceived"))],
    ["To guests", bits(perSecond("bytesSent"))],
    ["Frames", `${Math.round(perSecond("framesReceived") + perSecond("framesSent"))} /s`],
    ["New flows", `${perSecond("tcpFlowsOpened") + perSecond("udpFlowsOpened") < 10
      ? (perSecond("tcpFlowsOpened") + perSecond("udpFlowsOpened")).toFixed(1)
      : Math.round(perSecond("tcpFlowsOpened") + perSecond("udpFlowsOpened"))} /s`],
    ["Open flows", String(flows.length)],
    ["Sent again", `${Math.round(perSecond("tcpSegmentsRetransmitted"))} /s`],
  ]);
  const drops = Object.entries(statistics.dropped).sort((one, other) => other[1] - one[1]);
  fill("drops", drops.map(([reason, count]) => [
    reason, String(count), rate(count, before.dropped[reason] ?? 0, seconds).toFixed(1),
  ]), "None.");
  shown.statistics = statistics;
  shown.at = at;
}

// A guest's end with the name of its lease.
function withName(guest) {
  const name = shown.names.get(guest.slice(0, guest.lastIndexOf(":")).replace(/[[\]]/g, ""));
  return name ? `${guest} ${name}` : guest;
}

function showFlows() {
  const wanted = element("search").value.trim().toLowerCase();
  const rows = shown.flows
    .map(flow => [
      flow.protocol, withName(flow.guest), flow.remote, flow.name ?? "", flow.state ?? "",
    ])
    .filter(row => wanted === "" || row.some(cell => cell.toLowerCase().includes(wanted)));
  fill("flows", rows.slice(0, mostRows), wanted === "" ? "None." : "None that match.");
  element("flows-count").textContent =
    wanted === "" ? `${rows.length}` : `${rows.length} of ${shown.flows.length}`;
  element("flows-more").hidden = rows.length <= mostRows;
  element("flows-more").textContent = `${rows.length - mostRows} more are not shown.`;
}

function showLeases(leases) {
  fill("leases", leases.map(lease => [
    lease.address, lease.name ?? "", lease.mac,
    lease.isStatic ? "never" : new Date(lease.expires).toLocaleTimeString(),
  ]), "None.");
}

function say(text, isBad) {
  const state = element("state");
  state.classList.toggle("bad", isBad);
  if (state.textContent !== text) {
    state.textContent = text;
  }
}

async function refresh() {
  try {
    const [version, statistics, flows, ports, leases] = await Promise.all(
      ["v1/version", "v1/stats", "v1/flows", "v1/ports", "v1/leases"].map(ask));
    element("version").textContent = version.version;
    shown.flows = flows;
    shown.names = new Map(leases.map(lease => [lease.address, lease.name]));
    showFlows();
    showRates(statistics, flows);
    fill("ports", ports.map(port => [port.host, port.guest, port.protocol]), "None.");
    showLeases(leases);
    say(`Process ${version.processId} runs`, false);
  } catch (error) {
    say(error instanceof TypeError ? "The engine does not answer." : error.message, true);
  }

  setTimeout(refresh, document.hidden ? 5 * period : period);
}

element("search").addEventListener("input", showFlows);
refresh();
