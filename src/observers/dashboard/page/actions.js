/** @import { OnAction } from './endpoints.js' */
import { byId, field, setText, setTexts } from './dom.js';

/**
 * Makes the function that does what the user asks for. Before an endpoint is drained, a dialog asks again.
 * @returns {OnAction}
 */
export function createActions() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('drain-dialog'));
  let endpointToDrain = '';
  field(dialog, 'cancel').addEventListener('click', () => dialog.close());
  field(dialog, 'confirm').addEventListener('click', () => {
    dialog.close();
    void sendChange(endpointToDrain, 'drain');
  });

  return ({ endpoint, action, lastOf }) => {
    if (action === 'restore') {
      void sendChange(endpoint, action);
      return;
    }
    endpointToDrain = endpoint;
    setTexts(dialog, {
      name: endpoint,
      consequence: consequenceOf(lastOf),
    });
    dialog.showModal();
  };
}

/** @param {string} lastOf */
function consequenceOf(lastOf) {
  if (lastOf === 'all') return 'It is the last one: all requests will be answered with 503.';
  return `${lastOf && `It is the last one of ${lastOf}. `}It will get no request any more.`;
}

/**
 * Asks the server for a change, and shows the problem when the change was not made.
 * @param {string} endpoint
 * @param {'drain' | 'restore'} action
 */
async function sendChange(endpoint, action) {
  const problem = byId('problem');
  try {
    const response = await fetch(`endpoints/${encodeURIComponent(endpoint)}/${action}`, { method: 'POST' });
    setText(problem, response.ok ? '' : `Could not ${action} ${endpoint}: ${await response.text()}`);
  } catch {
    setText(problem, `Could not ${action} ${endpoint}: the server cannot be reached.`);
  }
}
