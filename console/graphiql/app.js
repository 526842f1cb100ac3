// GraphiQL with a token: HTTP for queries and mutations, graphql-transport-ws for subscriptions.
(function () {
  'use strict';
  var address = location.origin + '/graphql';
  var socket = null;

  var inbox = [
    '# Bandeja de entrada: conversaciones con su contacto y su último mensaje.',
    '# El token se pega arriba; se obtiene con `bitacora token`.',
    'query Bandeja {',
    '  conversations(first: 20, filter: { status: { ne: CLOSED } }) {',
    '    totalCount',
    '    pageInfo { hasNextPage endCursor }',
    '    nodes {',
    '      id version status unread waitingSince labels',
    '      contact { id name phone }',
    '      lastMessage { id direction kind text status at }',
    '    }',
    '  }',
    '}',
  ].join('\n');
  var watch = [
    '# Mensajes en vivo. Para reanudar sin perder nada: after: "<último cursor>".',
    'subscription EnVivo {',
    '  messageAdded {',
    '    cursor',
    '    message { id direction kind text at conversation { id unread contact { name } } }',
    '  }',
    '}',
  ].join('\n');
  var note = [
    '# Una nota; repetida con la misma idempotencyKey no se duplica.',
    'mutation Nota($id: ID!) {',
    '  addNote(input: { id: $id, body: "Llamar mañana", idempotencyKey: "nota-1" }) {',
    '    conversation { id version }',
    '    receipt { position version replayed }',
    '    errors { ... on UserError { code message path } }',
    '  }',
    '}',
  ].join('\n');

  function token() { return sessionStorage.getItem('bitacora.token') || ''; }

  function show() {
    var who = document.getElementById('who');
    try {
      var claims = JSON.parse(atob(token().split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
      who.textContent = claims.role + ' · hasta ' + new Date(claims.exp * 1000).toLocaleString();
    } catch (_) {
      who.textContent = token() ? 'token ilegible' : 'sin token';
    }
  }

  function client() {
    if (!socket) {
      socket = graphqlWs.createClient({
        url: address.replace(/^http/, 'ws'),
        lazy: true,
        retryAttempts: 3,
        connectionParams: function () { return { authorization: 'Bearer ' + token() }; },
      });
    }
    return socket;
  }

  function subscribe(request) {
    return {
      subscribe: function (observer) {
        var sink = typeof observer === 'function' ? { next: observer } : observer;
        return { unsubscribe: client().subscribe(request, {
          next: function (value) { sink.next && sink.next(value); },
          error: function (error) { sink.error && sink.error(error); },
          complete: function () { sink.complete && sink.complete(); },
        }) };
      },
    };
  }

  function post(request) {
    var headers = { 'content-type': 'application/json', accept: 'application/json' };
    if (token()) { headers.authorization = 'Bearer ' + token(); }
    return fetch(address, { method: 'POST', headers: headers, body: JSON.stringify(request) })
      .then(function (response) { return response.json(); });
  }

  function isSubscription(request) {
    var named = request.operationName
      ? new RegExp('subscription\\s+' + request.operationName + '\\b')
      : /^\s*(#[^\n]*\n\s*)*subscription\b/;
    return named.test(request.query);
  }

  function fetcher(request) {
    var plain = { query: request.query, variables: request.variables };
    if (request.operationName) { plain.operationName = request.operationName; }
    return isSubscription(plain) ? subscribe(plain) : post(plain);
  }

  var root = ReactDOM.createRoot(document.getElementById('graphiql'));
  var generation = 0;
  // A new token means a new schema fetch: the key makes a new GraphiQL.
  function render() {
    root.render(React.createElement(GraphiQL, {
      key: generation,
      fetcher: fetcher,
      defaultEditorToolsVisibility: true,
      shouldPersistHeaders: false,
      defaultTabs: [{ query: inbox }, { query: watch }, { query: note, variables: '{ "id": "" }' }],
    }));
  }

  document.getElementById('bar').addEventListener('submit', function (event) {
    event.preventDefault();
    var input = document.getElementById('token');
    sessionStorage.setItem('bitacora.token', input.value.trim().replace(/^Bearer\s+/i, ''));
    input.value = '';
    if (socket) { socket.dispose(); socket = null; }
    generation += 1;
    show();
    render();
  });

  show();
  render();
})();
