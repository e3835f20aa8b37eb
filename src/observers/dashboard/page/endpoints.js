/** @import { EndpointRow, Frame } from '../history/frame.ts' */
import { announce } from './announcer.js';
import { showClients } from './clients.js';
import { byId, cloneOf, field, setText, setTexts } from './dom.js';
import { columnsOf, formatCount, formatLarge, formatRate, formatRatio, formatTotal, shortName } from './format.js';
import { showLatency } from './latency.js';

const wordsFor = { unreachable: 'cannot be reached', failures: 'fails too often' };

/**
 * Called when the user wants an endpoint to be drained or restored.
 * @callback OnAction
 * @param {{ endpoint: string, action: 'drain' | 'restore', lastOf: string }} wish `lastOf`: where no other endpoint would be left: `all`,
 * the name of a tier, or nowhere if empty
 */

/**
 * Makes the function that shows the endpoints of a frame.
 * @param {OnAction} onAction
 * @returns {(frame: Frame) => void}
 */
export function createEndpointTable(onAction) {
  const table = byId('endpoints');
  const body = byId('endpoint-rows');
  /** @type {Map<string, { element: HTMLElement, row: EndpointRow }>} */
  let shown = new Map();

  /** @param {string} key */
  function addRow(key) {
    const element = cloneOf('endpoint-template');
    const wishFor = (/** @type {'drain' | 'restore'} */ action) => {
      const row = shown.get(key)?.row;
      const rows = [...shown.values()].map(({ row }) => row);
      if (row) onAction({ endpoint: row.name, action, lastOf: lastOf(row, rows) });
    };
    field(element, 'restore').addEventListener('click', () => wishFor('restore'));
    field(element, 'toggle').addEventListener('click', () => {
      wishFor(shown.get(key)?.row.state === 'drained' ? 'restore' : 'drain');
    });
    return element;
  }

  return (frame) => {
    const { endpoints: given, moreEndpoints, allowActions, fewestResponses, clients } = frame;
    const endpoints = given.toSorted((a, b) => a.tier - b.tier);
    const busiest = Math.max(1, ...endpoints.flatMap(({ activity }) => activity));
    const next = new Map(
      keyed(endpoints).map(([key, row]) => [key, { element: shown.get(key)?.element ?? addRow(key), row }]),
    );
    announceChanges(
      [...shown.values()].map(({ row }) => row),
      endpoints,
    );
    const hasTiers = endpoints.some(({ tier }) => tier > 0);
    for (const { element, row } of next.values()) {
      showRow(element, row, { busiest, hasTiers, allowActions, fewestResponses });
    }
    if (!isSameOrder(body, next)) body.replaceChildren(...[...next.values()].map(({ element }) => element));
    shown = next;
    field(table, 'actionsHead').hidden = !allowActions;
    field(table, 'aboutTiers').hidden = !hasTiers;
    field(table, 'aboutHedges').hidden = !clients.hasHedged;
    showClients(frame);
    setText(byId('endpoints-note'), noteOf(endpoints, moreEndpoints));
  };
}

/**
 * Where an endpoint is the last one that is not drained: `all`, the name of its tier, or nowhere, which is empty.
 * @param {EndpointRow} row
 * @param {readonly EndpointRow[]} rows
 */
function lastOf(row, rows) {
  const others = rows.filter(({ name, state }) => name !== row.name && state !== 'drained');
  if (others.length === 0) return 'all';
  return others.some(({ tier }) => tier === row.tier) ? '' : `tier ${row.tier}`;
}

/**
 * The rows by keys that differ even where a function of the user gives one name to several endpoints.
 * @param {readonly EndpointRow[]} rows
 * @returns {Array<[string, EndpointRow]>}
 */
function keyed(rows) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return rows.map((row) => {
    const count = seen.get(row.name) ?? 0;
    seen.set(row.name, count + 1);
    return [`${count} ${row.name}`, row];
  });
}

/**
 * @param {HTMLElement} body
 * @param {ReadonlyMap<string, { element: HTMLElement }>} rows
 */
function isSameOrder(body, rows) {
  const elements = [...rows.values()].map(({ element }) => element);
  return body.childElementCount === elements.length && elements.every((one, index) => body.children[index] === one);
}

/**
 * @param {HTMLElement} element
 * @param {EndpointRow} row
 * @param {{ busiest: number, hasTiers: boolean, allowActions: boolean, fewestResponses: number }} settings `busiest`: the number of
 * attempts that a full column stands for; `hasTiers`: whether there is more than one tier
 */
function showRow(element, row, { busiest, hasTiers, allowActions, fewestResponses }) {
  const { name, state, backInMs, ejectionCause, totals } = row;
  element.dataset.state = state;
  field(element, 'name').title = name;
  setTexts(element, {
    name: shortName(name),
    tier: hasTiers ? `tier ${row.tier}` : '',
    state: backInMs > 0 ? `${state}, back in ${Math.ceil(backInMs / 1_000)} s` : state,
    cause: ejectionCause ? wordsFor[ejectionCause] : '',
    inFlight: formatCount(row.inFlight),
    rate: formatRate(row.attemptsPerSecond),
    attempts: formatTotal(totals.attempts),
    winShare: formatRatio(row.winRatio),
    wins: formatTotal(totals.wins),
    successRatio: formatRatio(row.successRatio),
    failures: `${formatLarge(totals.failures + row.breaks)} failed`,
    ejections: formatCount(row.ejections),
    toggle: state === 'drained' ? 'Restore' : 'Drain',
  });
  field(element, 'winBar').style.inlineSize = `${(row.winRatio ?? 0) * 100}%`;
  element.querySelector('.activity path')?.setAttribute('d', columnsOf(row.activity, busiest));
  showLatency(element, row, fewestResponses);
  showButtons(element, row, allowActions);
}

/**
 * @param {HTMLElement} element
 * @param {EndpointRow} row
 * @param {boolean} allowActions
 */
function showButtons(element, { name, state }, allowActions) {
  const restore = field(element, 'restore');
  const toggle = field(element, 'toggle');
  field(element, 'actions').hidden = !allowActions;
  toggle.ariaLabel = `${state === 'drained' ? 'Restore' : 'Drain'} ${name}`;
  restore.ariaLabel = `Restore ${name}`;
  // A user who has just pressed a button that goes away stays in the same row.
  if (state !== 'ejected' && document.activeElement === restore) toggle.focus();
  restore.hidden = state !== 'ejected';
}

/** @param {EndpointRow['state']} state */
function groupOf(state) {
  if (state === 'ejected' || state === 'trial') return 'ejected';
  return state === 'drained' ? 'drained' : 'in use';
}

/**
 * Announces endpoints that have come or gone, but not each step of that.
 * @param {readonly EndpointRow[]} before
 * @param {readonly EndpointRow[]} now
 */
function announceChanges(before, now) {
  const groups = new Map(before.map(({ name, state }) => [name, groupOf(state)]));
  const changed = now.filter(({ name, state }) => groups.has(name) && groups.get(name) !== groupOf(state));
  if (changed.length > 0) announce(changed.map(({ name, state }) => `${name} is ${groupOf(state)}`).join(', '));
}

/**
 * @param {readonly EndpointRow[]} endpoints
 * @param {number} moreEndpoints
 */
function noteOf(endpoints, moreEndpoints) {
  const groups = endpoints.map(({ state }) => groupOf(state));
  const counts = ['in use', 'ejected', 'drained'].flatMap((group) => {
    const count = groups.filter((one) => one === group).length;
    return count > 0 ? [`${count} ${group}`] : [];
  });
  if (moreEndpoints > 0) counts.push(`${moreEndpoints} not shown`);
  return counts.join(', ');
}
