//! Web pages of other origins, where the gateway lets some call it.

use hyper::header::{self, HeaderName};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::exchange::REQUEST_ID;
use super::policy::Policy;

/// A browser may remember so many seconds what is allowed.
const MAX_AGE: std::time::Duration = std::time::Duration::from_mins(10);

/// Answers preflights and marks answers for the origins of this policy; `None` where it has none.
pub(super) fn layer(policy: &Policy) -> Option<CorsLayer> {
    let origins = &policy.as_gateway()?.origins;
    let layer = CorsLayer::new()
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            REQUEST_ID,
            header::RETRY_AFTER,
            HeaderName::from_static("x-ollamactl-backend"),
        ])
        .max_age(MAX_AGE);
    match &origins[..] {
        [] => None,
        [any] if any == "*" => Some(layer.allow_origin(AllowOrigin::any())),
        some => Some(layer.allow_origin(AllowOrigin::list(some.iter().cloned()))),
    }
}
