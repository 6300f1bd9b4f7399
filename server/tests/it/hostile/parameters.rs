//! Fields and parameters: each name in one spelling, each value once.

use sqlx::PgPool;
use time::Duration;

use super::{FORM, assert_harmless, assert_refused, is_in, request, send};
use crate::support::Portal;

const ID: &str = "00000000-0000-0000-0000-000000000001";

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_field_given_twice_is_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!("cookie: {cookie}\r\n{FORM}");
    for (path, fields) in [
        ("/", "cluster=demo&cluster=other"),
        ("/login", "username=alice&password=shorepass&username=bob"),
        ("/login", "username=alice&password=shorepass&password=wrong"),
        (
            "/login",
            "username=alice&password=shorepass&directory=local&directory=other",
        ),
        (
            "/login",
            "username=alice&password=shorepass&return_to=/&return_to=//evil.example",
        ),
        ("/keys", "name=laptop&name=phone"),
        ("/keys", "name=laptop&days=1&days=90"),
        ("/keys", "name=laptop&cluster=demo&cluster=other"),
        ("/keys", "name=laptop&back=/&back=/sessions"),
        ("/keys", "name=laptop&for=setup&for=setup"),
        ("/keys/revoke", "id=1&id=2"),
        ("/keys/revoke", "id=1&back=/&back=//evil.example"),
        ("/sessions/end", "id=1&id=2"),
        ("/sessions/end-client", "id=1&id=2"),
        ("/oauth2/consent", "request=a&request=b&decision=allow"),
        ("/oauth2/consent", "request=a&decision=allow&decision=deny"),
        ("/oauth2/logout/confirm", "client_id=a&client_id=b"),
        ("/oauth2/logout/confirm", "state=a&state=b"),
        ("/oauth2/logout", "id_token_hint=a&id_token_hint=b"),
        (
            "/oauth2/logout",
            "post_logout_redirect_uri=a&post_logout_redirect_uri=b",
        ),
        ("/oauth2/token", "client_id=kubernetes&client_id=kubernetes"),
        (
            "/oauth2/token",
            "client_id=kubernetes&client_secret=a&client_secret=a",
        ),
        (
            "/oauth2/token",
            "client_id=kubernetes&grant_type=a&grant_type=b",
        ),
        (
            "/oauth2/token",
            "client_id=kubernetes&grant_type=authorization_code&code=a&code=b",
        ),
        (
            "/oauth2/token",
            "client_id=kubernetes&grant_type=refresh_token&refresh_token=a&refresh_token=b",
        ),
        ("/oauth2/revoke", "client_id=kubernetes&token=a&token=b"),
        ("/oauth2/introspect", "client_id=kubernetes&token=a&token=b"),
        (
            "/oauth2/device_authorization",
            "client_id=kubernetes&scope=openid&scope=openid",
        ),
        ("/oauth2/userinfo", "access_token=a&access_token=b"),
        ("/k8stoken", "refresh_token=a&refresh_token=b"),
        ("/k8stoken", "refresh_token=a&cluster=demo&cluster=other"),
        ("/k8stoken", "refresh_token=a&format=exec&format=exec"),
    ] {
        let case = format!("{path} {fields}");
        let bytes = request(&portal, "POST", path, &headers, fields);
        assert_eq!(
            assert_refused(&portal, &case, bytes).await.status,
            400,
            "{case}"
        );
    }
    for query in [
        "/login?return_to=/&return_to=//evil.example",
        "/login?after=idle&after=logout",
        "/oauth2/authorize?client_id=kubernetes&client_id=dashboard",
        "/oauth2/authorize?client_id=kubernetes&unknown=a&unknown=b",
        "/oauth2/logout?state=a&state=b",
        "/oauth2/userinfo?access_token=a&access_token=b",
        "/?cluster=a&cluster=b",
    ] {
        let bytes = request(&portal, "GET", query, &headers, "");
        assert_eq!(
            assert_refused(&portal, query, bytes).await.status,
            400,
            "{query}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_no_field_may_hold_is_refused_in_each_of_them(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!("cookie: {cookie}\r\n{FORM}");
    let fields: &[(&str, &[&str])] = &[
        ("/", &["cluster"]),
        (
            "/login",
            &["username", "password", "directory", "return_to"],
        ),
        ("/keys", &["name", "cluster", "days", "back", "for"]),
        ("/keys/revoke", &["id", "back"]),
        ("/sessions/end", &["id"]),
        ("/sessions/end-client", &["id"]),
        ("/oauth2/authorize", &["client_id", "redirect_uri", "state"]),
        ("/oauth2/consent", &["request", "decision"]),
        (
            "/oauth2/token",
            &[
                "client_id",
                "client_secret",
                "grant_type",
                "code",
                "code_verifier",
                "refresh_token",
                "device_code",
                "scope",
            ],
        ),
        (
            "/oauth2/revoke",
            &["client_id", "client_secret", "token", "token_type_hint"],
        ),
        (
            "/oauth2/introspect",
            &["client_id", "client_secret", "token", "token_type_hint"],
        ),
        (
            "/oauth2/device_authorization",
            &["client_id", "client_secret", "scope"],
        ),
        ("/oauth2/userinfo", &["access_token"]),
        (
            "/oauth2/logout",
            &[
                "id_token_hint",
                "client_id",
                "post_logout_redirect_uri",
                "state",
            ],
        ),
        (
            "/oauth2/logout/confirm",
            &["client_id", "post_logout_redirect_uri", "state"],
        ),
        (
            "/k8stoken",
            &["refresh_token", "cluster", "format", "user", "key_file"],
        ),
    ];
    for (path, names) in fields {
        for name in *names {
            for value in ["%00", "a%00b", "%c0%af", "%ff", "%", "%4", "%zz", "%u0041"] {
                let case = format!("{path} {name}={value}");
                let bytes = request(&portal, "POST", path, &headers, &format!("{name}={value}"));
                assert_eq!(
                    assert_refused(&portal, &case, bytes).await.status,
                    400,
                    "{case}"
                );
            }
        }
    }
    for path in [
        "/",
        "/login",
        "/k8stoken",
        "/oauth2/authorize",
        "/oauth2/userinfo",
        "/oauth2/logout",
    ] {
        for query in ["a=%00", "a=%c0%af", "%zz", &"a=1&".repeat(10_000)] {
            let case = format!("{path}?{}", &query[..query.len().min(20)]);
            let bytes = request(&portal, "GET", &format!("{path}?{query}"), &headers, "");
            assert_eq!(
                assert_refused(&portal, &case, bytes).await.status,
                400,
                "{case}"
            );
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn names_have_one_spelling_and_one_separator(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!("cookie: {cookie}\r\n{FORM}");
    let key = portal.key.clone();
    for (path, fields, status) in [
        (
            "/login",
            "Username=alice&Password=shorepass".to_owned(),
            401,
        ),
        (
            "/login",
            "username=alice;password=shorepass".to_owned(),
            401,
        ),
        (
            "/login",
            "username[]=alice&password[]=shorepass".to_owned(),
            401,
        ),
        (
            "/login",
            "user.name=alice&username=&password=shorepass".to_owned(),
            401,
        ),
        (
            "/login",
            "username=alice&password=shorepass&directory=other".to_owned(),
            401,
        ),
        ("/keys", "Name=laptop".to_owned(), 400),
        ("/sessions/end", format!("ID={ID}"), 404),
        ("/keys/revoke", format!("ID={ID}"), 404),
        ("/sessions/end-client", format!("ID={ID}"), 404),
        (
            "/oauth2/consent",
            "Request=a&Decision=allow".to_owned(),
            400,
        ),
        (
            "/oauth2/token",
            "Client_ID=kubernetes&grant_type=refresh_token".to_owned(),
            401,
        ),
        (
            "/oauth2/token",
            "client_id=kubernetes;grant_type=refresh_token".to_owned(),
            400,
        ),
        ("/oauth2/token", "client_id[]=kubernetes".to_owned(), 401),
        (
            "/oauth2/revoke",
            "client_id=kubernetes&Token=a".to_owned(),
            400,
        ),
        (
            "/oauth2/introspect",
            "client_id=kubernetes;token=a".to_owned(),
            401,
        ),
        ("/oauth2/userinfo", "Access_Token=a".to_owned(), 401),
        ("/oauth2/userinfo", "access_token[]=a".to_owned(), 401),
        ("/k8stoken", format!("Refresh_Token={key}"), 401),
        ("/k8stoken", format!("refresh_token%20={key}"), 401),
        ("/k8stoken", format!("refresh_token[]={key}"), 401),
        ("/k8stoken", format!("format=exec;refresh_token={key}"), 400),
    ] {
        let bytes = request(&portal, "POST", path, &headers, &fields);
        let answer = assert_refused(&portal, &fields, bytes).await;
        assert_eq!(answer.status, status, "{path} {fields}");
        portal.advance(Duration::seconds(10)); // so that it is not too many tries
    }
    assert!(is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn values_out_of_bounds_are_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!("cookie: {cookie}\r\n{FORM}");
    // Nothing that a database could compress.
    let mixed = |number: u64| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let long: String = (1..3700).map(mixed).collect();
    for (path, fields, status) in [
        ("/", "cluster=nope".to_owned(), 404),
        ("/", "cluster=%27%20OR%201=1%20--".to_owned(), 404),
        ("/", format!("cluster={long}"), 404),
        ("/login", format!("username={long}&password=shorepass"), 401),
        ("/login", format!("username=alice&password={long}"), 401),
        (
            "/login",
            format!("username=alice&password=wrong&return_to=/{long}"),
            401,
        ),
        (
            "/login",
            "username=*)(uid=*))(|(uid=*&password=x".to_owned(),
            401,
        ),
        ("/keys", format!("name={long}"), 400),
        ("/keys", "name=%20%09".to_owned(), 400),
        ("/keys", "name=a%0d%0ab".to_owned(), 400),
        ("/keys", "name=a%E2%80%AEb".to_owned(), 400),
        ("/keys", "name=a%E2%80%8Bb".to_owned(), 400),
        ("/keys", "name=laptop&cluster=nope".to_owned(), 400),
        ("/keys/revoke", "id=1".to_owned(), 404),
        ("/keys/revoke", "id=%27%20OR%201=1%20--".to_owned(), 404),
        ("/keys/revoke", format!("id={ID}"), 404),
        ("/sessions/end", format!("id={ID}"), 404),
        ("/sessions/end", format!("id={long}"), 404),
        ("/sessions/end", String::new(), 404),
        ("/sessions/end-client", "id=1".to_owned(), 404),
        ("/sessions/end-client", format!("id={ID}"), 404),
        ("/sessions/end-client", format!("id={long}"), 404),
        (
            "/oauth2/token",
            format!("grant_type=refresh_token&client_id={long}"),
            401,
        ),
        (
            "/oauth2/token",
            format!("client_id=kubernetes&grant_type={long}"),
            400,
        ),
        (
            "/oauth2/token",
            format!("client_id=kubernetes&grant_type=refresh_token&refresh_token={long}"),
            400,
        ),
        (
            "/oauth2/token",
            format!("client_id=kubernetes&grant_type=authorization_code&code={long}"),
            400,
        ),
        (
            "/oauth2/introspect",
            "client_id=%27%20OR%201=1%20--&token=a".to_owned(),
            401,
        ),
        ("/oauth2/userinfo", format!("access_token={long}"), 401),
        ("/oauth2/logout", format!("client_id={long}"), 400),
        (
            "/oauth2/logout/confirm",
            format!("client_id=kubernetes&post_logout_redirect_uri={long}"),
            400,
        ),
    ] {
        let case = format!("{path} {}", &fields[..fields.len().min(60)]);
        let bytes = request(&portal, "POST", path, &headers, &fields);
        assert_eq!(
            assert_refused(&portal, &case, bytes).await.status,
            status,
            "{case}"
        );
        portal.advance(Duration::seconds(10)); // so that it is not too many tries
    }
    for days in [
        "0",
        "-1",
        "91",
        "1.5",
        "1e1",
        "0x10",
        "%C2%B2",
        "99999999999999999999",
        "NaN",
    ] {
        let bytes = request(
            &portal,
            "POST",
            "/keys",
            &headers,
            &format!("name=a&days={days}"),
        );
        assert_eq!(
            assert_refused(&portal, days, bytes).await.status,
            400,
            "{days} days"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_line_end_in_a_value_starts_no_header(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let crlf = "%0d%0aset-cookie:%20shorepass=planted%0d%0a%0d%0a";
    let fields = format!("username=a{crlf}&password=x&return_to=/{crlf}");
    for (method, path, body, status) in [
        (
            "GET",
            format!("/login?return_to=/{crlf}&after={crlf}"),
            "",
            200,
        ),
        ("GET", format!("/sessions?a={crlf}"), "", 303),
        ("GET", format!("/k8stoken?refresh_token={crlf}"), "", 401),
        (
            "GET",
            format!("/k8stoken?cluster={crlf}&refresh_token={}", portal.key),
            "",
            403,
        ),
        (
            "GET",
            format!("/oauth2/authorize?client_id={crlf}&state={crlf}"),
            "",
            400,
        ),
        ("GET", format!("/oauth2/logout?state={crlf}"), "", 200),
        ("GET", format!("/oauth2/logout?client_id={crlf}"), "", 400),
        ("POST", "/login".to_owned(), fields.as_str(), 401),
    ] {
        let answer = send(&portal, &path, request(&portal, method, &path, FORM, body)).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.header("set-cookie").is_none(),
            "{path}: {}",
            answer.head
        );
        assert_harmless(&portal, &path, &answer).await;
    }
}
