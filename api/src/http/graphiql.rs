//! GraphiQL from our own binary: no other host is needed, and the page may talk to none.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::app::App;

/// The page; its script is a file of its own, so that the policy can forbid scripts in pages.
const PAGE: &str = include_str!("../../../console/graphiql/index.html");
/// Only this server. Styles in elements are needed by the editor, workers and data images too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; \
    worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Files of the page: name, type, bytes.
const FILES: &[(&str, &str, &[u8])] = &[
    ("app.js", JS, include_bytes!("../../../console/graphiql/app.js")),
    ("app.css", CSS, include_bytes!("../../../console/graphiql/app.css")),
    (
        "examples.graphql",
        "application/graphql; charset=utf-8",
        include_bytes!("../../../console/graphiql/examples.graphql"),
    ),
    ("graphiql.min.css", CSS, include_bytes!("../../../console/graphiql/vendor/graphiql.min.css")),
    ("graphiql.min.js", JS, include_bytes!("../../../console/graphiql/vendor/graphiql.min.js")),
    ("graphql-ws.min.js", JS, include_bytes!("../../../console/graphiql/vendor/graphql-ws.min.js")),
    (
        "react.production.min.js",
        JS,
        include_bytes!("../../../console/graphiql/vendor/react.production.min.js"),
    ),
    (
        "react-dom.production.min.js",
        JS,
        include_bytes!("../../../console/graphiql/vendor/react-dom.production.min.js"),
    ),
];

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new().route("/graphiql/{file}", get(file))
}

/// The page for people.
pub fn page() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, PAGE).into_response()
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, ty, bytes)) => {
            let headers = [(CONTENT_TYPE, *ty), (CACHE_CONTROL, "public, max-age=3600")];
            (headers, *bytes).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::{FILES, PAGE};

    #[test]
    fn the_page_uses_only_files_that_are_served_and_no_other_host() {
        let script = include_str!("../../../console/graphiql/app.js");
        let used = |name: &str| {
            let path = format!("/graphiql/{name}");
            PAGE.contains(&path) || script.contains(&path)
        };
        assert!(FILES.iter().all(|(name, _, _)| used(name)));
        assert!(!PAGE.contains("http://") && !PAGE.contains("https://") && !PAGE.contains("//cdn"));
    }
}
