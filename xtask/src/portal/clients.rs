//! The programs that log people in at the portal during the journeys, as its configuration knows them
//! (`end2end/clients.spec.ts`).

pub(crate) const CLIENTS: &str = r#"
[[client]]
id = "dashboard"
title = "The Dashboard"
cluster = "demo"
secret = "the-dashboards-secret-of-the-journeys"
redirect_uris = ["http://127.0.0.1/callback"]
post_logout_redirect_uris = ["http://127.0.0.1/bye"]
first_party = true

[[client]]
id = "stranger"
title = "Somebody's Program"
cluster = "demo"
redirect_uris = ["http://127.0.0.1/callback"]
"#;
