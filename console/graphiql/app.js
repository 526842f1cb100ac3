// GraphiQL with a token: HTTP for queries and mutations, graphql-transport-ws for subscriptions.
(function () {
  'use strict';
  var address = location.origin + '/graphql';
  var socket = null;

  // The saved examples: in the file behind lines `### title | variables`.
  var examples = [];
  function parse(text) {
    return text.split(/^### /m).slice(1).map(function (part) {
      var head = part.slice(0, part.indexOf('\n')).split(' | ');
      var query = part.slice(part.indexOf('\n') + 1).trim() + '\n';
      return { title: head[0], variables: head[1] || '', query: query };
    });
  }

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
  function render(example) {
    root.render(React.createElement(GraphiQL, {
      key: generation,
      fetcher: fetcher,
      defaultEditorToolsVisibility: true,
      shouldPersistHeaders: false,
      defaultTabs: examples.slice(0, 1),
      query: example ? example.query : undefined,
      variables: example ? example.variables : undefined,
    }));
  }

  // The editor takes a document that has changed: without the empty turn in between, an example
  // that was edited could not be chosen again.
  function choose(event) {
    var example = examples[event.target.value];
    event.target.value = '';
    if (!example) { return; }
    render();
    setTimeout(function () { render(example); }, 0);
  }

  function list() {
    var select = document.getElementById('examples');
    examples.forEach(function (example, place) {
      select.appendChild(new Option(example.title, place));
    });
    select.addEventListener('change', choose);
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
  fetch('/graphiql/examples.graphql')
    .then(function (response) { return response.text(); })
    .then(function (text) { examples = parse(text); list(); })
    .catch(function () { /* the editor works without them */ })
    .then(function () { render(); });
})();
