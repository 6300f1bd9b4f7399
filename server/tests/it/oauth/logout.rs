//! `/oauth2/logout`: a client sends a person here to log out.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, Response};
use sqlx::PgPool;
use time::Duration;

use super::{location, log_in, portal, redeem, revoke::at_dashboard, text};
use crate::support::{Portal, cookie};

const BYE: &str = "https://dashboard.example/bye";

fn link(fields: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    format!("/oauth2/logout?{query}")
}

/// A browser follows a link, with the cookie that it has.
fn follow(portal: &Portal, cookie: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    portal.get(&link(fields)).header("cookie", cookie)
}

/// Another site's form, with which a browser shows no cookie.
fn by_form(portal: &Portal, fields: &[(&str, &str)]) -> RequestBuilder {
    let url = format!("{}/oauth2/logout", portal.url);
    portal
        .client
        .post(url)
        .header("origin", "https://dashboard.example")
        .header("sec-fetch-site", "cross-site")
        .form(fields)
}

async fn is_in(portal: &Portal, cookie: &str) -> bool {
    let request = portal.get("/").header("cookie", cookie).send();
    request.await.unwrap().status() == 200
}

fn takes_the_cookie(response: &Response) -> bool {
    let set = response.headers().get("set-cookie");
    set.is_some_and(|set| set.to_str().unwrap().starts_with("shorepass=;"))
}

async fn answer(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    response
}

/// The person is asked, and logged out by nothing but their answer.
async fn assert_asks(case: &str, response: Response) -> String {
    assert_eq!(response.status(), 200, "{case}");
    assert!(!response.headers().contains_key("set-cookie"), "{case}");
    assert!(!response.headers().contains_key("refresh"), "{case}");
    let page = response.text().await.unwrap();
    assert!(
        page.contains("action=\"/oauth2/logout/confirm\""),
        "{case}: {page}"
    );
    assert!(!page.contains("eyJ"), "{case}: the hint is on the page");
    page
}

async fn assert_refused(case: &str, response: Response) {
    assert_eq!(response.status(), 400, "{case}");
    for header in ["location", "set-cookie", "refresh"] {
        assert!(!response.headers().contains_key(header), "{case}: {header}");
    }
    assert!(
        !response
            .text()
            .await
            .unwrap()
            .contains("/oauth2/logout/confirm"),
        "{case}"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_knows_the_login_ends_it_and_the_person_goes_back(pool: PgPool) {
    let portal = portal(pool).await;
    for late in [false, true] {
        let (cookie, tokens) = at_dashboard(&portal, "alice").await;
        let key = portal.make_key(&cookie, "").await;
        if late {
            portal.advance(Duration::minutes(30));
        }
        let fields = [
            ("id_token_hint", text(&tokens, "id_token")),
            ("client_id", "dashboard"),
            ("post_logout_redirect_uri", BYE),
            ("state", "a b&c"),
        ];
        let response = answer(follow(&portal, &cookie, &fields)).await;
        assert_eq!(response.status(), 303);
        assert!(takes_the_cookie(&response));
        assert!(response.headers().contains_key("clear-site-data"));
        let (address, pairs) = location(&response);
        assert_eq!(address, BYE);
        assert_eq!(pairs, [("state".to_owned(), "a b&c".to_owned())]);
        assert!(!is_in(&portal, &cookie).await, "late: {late}");
        let (status, word) = portal.refusal(portal.fetch(&key)).await;
        assert_eq!((status, word.as_str()), (401, "login_required"));

        // Once more is nothing more.
        let again = answer(follow(&portal, &cookie, &fields)).await;
        assert_eq!(
            (again.status().as_u16(), location(&again).0),
            (303, BYE.to_owned())
        );
        let without = answer(portal.get(&link(&fields))).await;
        assert_eq!(
            (without.status().as_u16(), location(&without).0),
            (303, BYE.to_owned())
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_an_address_the_person_stays_here(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, tokens) = log_in(&portal, "alice").await;
    let fields = [("id_token_hint", text(&tokens, "id_token")), ("state", "s")];
    let response = answer(follow(&portal, &cookie, &fields)).await;
    assert_eq!(response.headers()["location"], "/login?after=logout");
    assert!(takes_the_cookie(&response));
    assert!(!is_in(&portal, &cookie).await);
}

/// The browser has another cookie by now, and the login of the token is one that its login follows.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn one_browser_has_one_end(pool: PgPool) {
    let portal = portal(pool).await;
    let (old, tokens) = at_dashboard(&portal, "alice").await;
    portal.advance(Duration::hours(2));
    let again = portal
        .log_in_as("alice", "shorepass")
        .header("cookie", &old);
    let new = cookie(&again.send().await.unwrap());
    let fields = [("id_token_hint", text(&tokens, "id_token"))];
    let response = answer(follow(&portal, &new, &fields)).await;
    assert_eq!(response.status(), 303);
    assert!(!is_in(&portal, &new).await);
    let live: i64 = sqlx::query_scalar("SELECT count(*) FROM logins WHERE ended_at IS NULL")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(live, 0);
}

/// A cookie that went idle tells nobody who is calling, and still which login is to end.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_idle_cookie_ends_its_login(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, tokens) = at_dashboard(&portal, "alice").await;
    portal.advance(Duration::hours(2));
    let fields = [("id_token_hint", text(&tokens, "id_token"))];
    let response = answer(follow(&portal, &cookie, &fields)).await;
    assert_eq!(response.status(), 303);
    let live: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM logins WHERE ended_at IS NULL AND NOT provisional",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(live, 0);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_link_alone_logs_nobody_out(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, hers) = at_dashboard(&portal, "alice").await;
    let (elsewhere, elsewhere_tokens) = at_dashboard(&portal, "alice").await;
    let (_, bobs) = at_dashboard(&portal, "bob").await;
    let good = text(&hers, "id_token");
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = format!(
        r#"{{"iss":"{}","exp":1,"uid":"00000000-0000-0000-0000-000000000000","sid":"00000000-0000-0000-0000-000000000000","aud":["dashboard"]}}"#,
        portal.url
    );
    let header = encode(r#"{"alg":"RS256","kid":"unknown"}"#);
    let foreign = format!("{header}.{}.{}", encode(&claims), parts[2]);
    for (case, hint) in [
        ("no hint", String::new()),
        ("garbage", "garbage".into()),
        (
            "another login of hers",
            text(&elsewhere_tokens, "id_token").into(),
        ),
        ("another person's", text(&bobs, "id_token").into()),
        ("an access token", text(&hers, "access_token").into()),
        ("a refresh token", text(&hers, "refresh_token").into()),
        ("without a signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "alg none",
            format!("{}.{}.", encode(r#"{"alg":"none"}"#), parts[1]),
        ),
        (
            "other claims",
            format!("{}.{}.{}", parts[0], encode(&claims), parts[2]),
        ),
        ("a key that is not ours", foreign),
        (
            "no object",
            format!("{}.{}.{}", parts[0], encode("[]"), parts[2]),
        ),
        (
            "a text",
            format!("{}.{}.{}", parts[0], encode("\"eyJ\""), parts[2]),
        ),
        ("nothing within", format!("{}..{}", parts[0], parts[2])),
    ] {
        for more in [
            &[][..],
            &[
                ("client_id", "dashboard"),
                ("post_logout_redirect_uri", BYE),
                ("state", "s"),
            ],
        ] {
            let fields = [&[("id_token_hint", hint.as_str())], more].concat();
            let page = assert_asks(case, answer(follow(&portal, &alice, &fields)).await).await;
            assert!(page.contains("<code>alice</code>"), "{case}: {page}");
        }
    }
    // A good hint is no cookie, and another site's form brings none.
    let fields = [("id_token_hint", good), ("post_logout_redirect_uri", BYE)];
    assert_asks("no cookie", answer(portal.get(&link(&fields))).await).await;
    assert_asks(
        "another site's form",
        answer(by_form(&portal, &fields)).await,
    )
    .await;
    let mut two = alice.clone();
    two.push_str("; shorepass=planted");
    assert_asks("two cookies", answer(follow(&portal, &two, &fields)).await).await;
    assert!(is_in(&portal, &alice).await && is_in(&portal, &elsewhere).await);
}

/// With a hint that is none, or with no program named, the answer leads nowhere.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_a_known_program_has_its_address_on_the_page(pool: PgPool) {
    let portal = portal(pool).await;
    let cookie = portal.log_in("alice").await;
    let asked = async |fields: &[(&str, &str)]| {
        assert_asks("", answer(follow(&portal, &cookie, fields)).await).await
    };
    let address = ("post_logout_redirect_uri", BYE);
    let named = asked(&[("client_id", "dashboard"), address, ("state", "s-1")]).await;
    for part in ["The Dashboard", BYE, "s-1", "value=\"dashboard\""] {
        assert!(named.contains(part), "{part}: {named}");
    }
    let bad = asked(&[
        ("client_id", "dashboard"),
        address,
        ("id_token_hint", "garbage"),
    ])
    .await;
    assert!(!bad.contains(BYE), "{bad}");
    let nothing = asked(&[]).await;
    assert!(
        nothing.contains("A program") && !nothing.contains("type=\"hidden\""),
        "{nothing}"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_does_not_belong_together_is_refused(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, tokens) = at_dashboard(&portal, "alice").await;
    let (_, kubectls) = log_in(&portal, "alice").await;
    let hint = ("id_token_hint", text(&tokens, "id_token"));
    let client = ("client_id", "dashboard");
    let address = |uri| ("post_logout_redirect_uri", uri);
    for (case, fields) in [
        (
            "another client than the hint's",
            vec![hint, ("client_id", "old")],
        ),
        (
            "the audience beside the hint's client",
            vec![hint, ("client_id", "kubernetes")],
        ),
        (
            "the hint of another",
            vec![("id_token_hint", text(&kubectls, "id_token")), client],
        ),
        ("an unknown client", vec![("client_id", "nobody")]),
        ("nobody's address", vec![address(BYE)]),
        (
            "an address of codes",
            vec![hint, address("https://dashboard.example/callback")],
        ),
        (
            "a longer address",
            vec![hint, address("https://dashboard.example/bye/")],
        ),
        (
            "a query more",
            vec![hint, address("https://dashboard.example/bye?x=1")],
        ),
        (
            "in capitals",
            vec![hint, address("https://DASHBOARD.example/bye")],
        ),
        ("a relative one", vec![hint, address("//evil.example")]),
        ("script", vec![hint, address("javascript:alert(1)")]),
        (
            "another's address",
            vec![("client_id", "old"), address(BYE)],
        ),
        ("two hints", vec![hint, hint]),
        ("two clients", vec![hint, client, client]),
        (
            "two addresses",
            vec![hint, address(BYE), address("https://evil.example")],
        ),
        (
            "two states",
            vec![hint, address(BYE), ("state", "a"), ("state", "b")],
        ),
    ] {
        assert_refused(case, answer(follow(&portal, &alice, &fields)).await).await;
        assert_refused(case, answer(by_form(&portal, &fields)).await).await;
        let fields: Vec<_> = fields.into_iter().filter(|field| *field != hint).collect();
        if !matches!(
            case,
            "another client than the hint's"
                | "the audience beside the hint's client"
                | "the hint of another"
                | "two hints"
        ) && fields
            .iter()
            .any(|(name, _)| *name == "post_logout_redirect_uri")
        {
            let confirmed = portal
                .post("/oauth2/logout/confirm", &fields)
                .header("cookie", &alice);
            assert_refused(case, answer(confirmed).await).await;
        }
        assert!(is_in(&portal, &alice).await, "{case}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_says_so_is_logged_out_and_goes_back(pool: PgPool) {
    let portal = portal(pool).await;
    let fields = [
        ("client_id", "dashboard"),
        ("post_logout_redirect_uri", BYE),
        ("state", "s"),
    ];
    let confirm = |cookie: &str, fields: &[(&str, &str)]| {
        portal
            .post("/oauth2/logout/confirm", fields)
            .header("cookie", cookie)
    };
    let alice = portal.log_in("alice").await;
    for (name, value) in [
        ("origin", "https://dashboard.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let forged = confirm(&alice, &fields)
            .header(name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(forged.status(), 403, "{name}");
    }
    assert!(is_in(&portal, &alice).await);
    let response = answer(confirm(&alice, &fields)).await;
    assert_eq!(response.headers()["location"], format!("{BYE}?state=s"));
    assert!(takes_the_cookie(&response));
    assert!(!is_in(&portal, &alice).await);

    // A browser holds the page's policy against redirects, so it gets a page that goes on.
    let bob = portal.log_in("bob").await;
    let request = confirm(&bob, &fields).header("sec-fetch-mode", "navigate");
    let response = answer(request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["refresh"],
        format!("0; url={BYE}?state=s")
    );
    assert!(takes_the_cookie(&response));
    assert!(!is_in(&portal, &bob).await);

    let carol = portal.log_in("carol").await;
    let response = answer(confirm(&carol, &[])).await;
    assert_eq!(response.headers()["location"], "/login?after=logout");
    assert!(!is_in(&portal, &carol).await);
    let response = answer(confirm("", &fields)).await;
    assert_eq!(
        response.status(),
        303,
        "whoever is logged out may leave all the same"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn tokens_end_with_the_login_that_a_client_ended(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, tokens) = at_dashboard(&portal, "alice").await;
    let code = super::code_for(&portal, &cookie, &super::kubelogin(&[])).await;
    let fields = [("id_token_hint", text(&tokens, "id_token"))];
    answer(follow(&portal, &cookie, &fields)).await;
    assert_eq!(redeem(&portal, &code).send().await.unwrap().status(), 400);
    let request = portal
        .get("/oauth2/userinfo")
        .bearer_auth(text(&tokens, "access_token"));
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_the_database_nobody_is_said_to_be_logged_out(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, tokens) = at_dashboard(&portal, "alice").await;
    portal.sql("ALTER TABLE logins RENAME TO elsewhere").await;
    let fields = [("id_token_hint", text(&tokens, "id_token"))];
    for request in [
        follow(&portal, &cookie, &fields),
        portal
            .post("/oauth2/logout/confirm", &[])
            .header("cookie", &cookie),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(!response.headers().contains_key("set-cookie"));
    }
}
