//! *Set up this computer*, pasted as the page prints it.

use sqlx::PgPool;

use crate::{
    computer::{Computer, POSIX, Ran},
    support::Portal,
};

const THEIRS: &str = r#"# Work clusters, do not touch
apiVersion: v1
kind: Config
clusters:
- name: work
  cluster: {server: "https://work.example:6443", certificate-authority: pki/ca.crt}
users:
- name: work
  user: {client-certificate: pki/me.crt, client-key: pki/me.key}
contexts:
- name: work
  context: {cluster: work, user: work, namespace: ops}
- name: shorepass-demo
  context: {cluster: work, user: work}
current-context: work
"#;

/// The command for a shell from the page that answers the form.
pub(crate) async fn command(portal: &Portal, cookie: &str, shell: &str) -> String {
    let fields = [("for", "setup"), ("name", "laptop")];
    let request = portal.post("/keys", &fields).header("cookie", cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let page = response.text().await.unwrap();
    let id = if shell == "fish" { "fish" } else { "posix" };
    let (_, rest) = page
        .split_once(&format!("<pre id=\"set-up-{id}\""))
        .unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let (text, _) = rest.split_once("</pre>").unwrap();
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

async fn set_up(portal: &Portal, computer: &Computer) -> Ran {
    let cookie = portal.log_in("alice").await;
    let command = command(portal, &cookie, "bash").await;
    computer.paste("bash", &command).await
}

fn assert_done(ran: &Ran) {
    assert!(ran.ok && ran.err.is_empty(), "{ran:?}");
    let next = "\n  kubectl --context shorepass-demo-new-namespace get pods\n";
    assert!(ran.out.contains(next), "{ran:?}");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn in_every_shell_a_bare_computer_is_set_up_and_the_second_time_nothing_changes(
    pool: PgPool,
) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    for shell in ["bash", "zsh", "fish", "dash", "busybox"] {
        let command = command(&portal, &cookie, shell).await;
        for sh in POSIX {
            let computer = Computer::new(sh);
            assert_done(&computer.paste(shell, &command).await);
            assert_eq!(computer.mode(".shorepass"), 0o700, "{shell} {sh}");
            assert_eq!(computer.mode(".kube/config"), 0o600, "{shell} {sh}");
            assert_eq!(computer.mode(".shorepass/demo"), 0o600, "{shell} {sh}");
            let line = computer.read(".shorepass/demo");
            assert!(line.starts_with("Authorization: Bearer k8r_") && line.ends_with('\n'));
            let context = computer.config(".current-context").await;
            assert_eq!(context, "shorepass-demo-new-namespace", "{shell} {sh}");
            let first = computer.everything();
            assert_eq!(first.len(), 4, "{shell} {sh} leaves something: {first:?}");
            assert_done(&computer.paste(shell, &command).await);
            assert_eq!(computer.everything(), first, "{shell} {sh}");
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn typed_at_a_terminal_it_does_the_same(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    for shell in ["bash", "zsh", "fish"] {
        let command = command(&portal, &cookie, shell).await;
        let computer = Computer::new("dash");
        let shown = computer.type_in(shell, &command).await;
        let context = computer.config(".current-context").await;
        assert_eq!(context, "shorepass-demo-new-namespace", "{shell}: {shown}");
        assert!(
            shown.contains("this computer is set up in"),
            "{shell}: {shown}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_key_file_serves_the_other_commands_too(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let computer = Computer::new("dash");
    assert_done(&set_up(&portal, &computer).await);
    let token = format!(
        "curl -sS -H \"@$HOME/.shorepass/demo\" {}/k8stoken",
        portal.url
    );
    let ran = computer.paste("bash", &token).await;
    assert!(ran.out.starts_with("eyJ"), "{ran:?}");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_in_a_kubeconfig_stays_as_it_is_and_wins(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let computer = Computer::new("dash");
    computer.write(".kube/config", THEIRS, 0o644);
    let ran = set_up(&portal, &computer).await;
    assert_done(&ran);
    assert!(ran.out.contains("and were kept"), "{ran:?}");
    assert_eq!(computer.read(".kube/config.before-shorepass"), THEIRS);
    assert_eq!(computer.mode(".kube/config.before-shorepass"), 0o600);
    assert_eq!(computer.mode(".kube/config"), 0o600);
    for (path, value) in [
        (".current-context", "work"),
        (
            ".contexts[*].name",
            "shorepass-demo shorepass-demo-new-namespace work",
        ),
        (
            ".contexts[?(@.name == \"shorepass-demo\")].context.cluster",
            "work",
        ),
        (".contexts[?(@.name == \"work\")].context.namespace", "ops"),
        (".users[*].name", "shorepass-demo work"),
        (
            ".clusters[?(@.name == \"shorepass-demo\")].cluster.server",
            "https://127.0.0.1:6443",
        ),
    ] {
        assert_eq!(computer.config(path).await, value, "{path}");
    }
    let text = computer.read(".kube/config");
    for file in ["pki/ca.crt", "pki/me.crt", "pki/me.key"] {
        assert!(text.contains(&format!(": {file}\n")), "{file} in {text}");
    }

    let first = computer.everything();
    let again = set_up(&portal, &computer).await;
    assert_done(&again);
    assert!(again.out.contains("needed no change"), "{again:?}");
    let mut second = computer.everything();
    let key = computer.path(".shorepass/demo").display().to_string();
    assert_ne!(
        second[&key], first[&key],
        "the new key is the one that works"
    );
    second.insert(key.clone(), first[&key].clone());
    assert_eq!(second, first);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_comment_written_after_the_set_up_outlives_the_next(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let computer = Computer::new("dash");
    assert_done(&set_up(&portal, &computer).await);
    let commented = format!("# mine\n{}", computer.read(".kube/config"));
    computer.write(".kube/config", &commented, 0o600);
    assert_done(&set_up(&portal, &computer).await);
    assert_eq!(computer.read(".kube/config"), commented);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_new_namespace_is_added_and_the_first_copy_is_kept(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let computer = Computer::new("dash");
    computer.write(".kube/config", THEIRS, 0o600);
    assert_done(&set_up(&portal, &computer).await);
    portal
        .sql(
            "INSERT INTO memberships (id, user_id, group_id, valid_from, why, source)
             SELECT gen_random_uuid(), u.id, g.id, 'epoch', 'grant', 'bob' FROM users u, groups g
             WHERE u.username = 'alice' AND g.name = 'payments-viewer'",
        )
        .await;
    assert_done(&set_up(&portal, &computer).await);
    assert_eq!(
        computer.config(".contexts[*].name").await,
        "shorepass-demo shorepass-demo-new-namespace shorepass-demo-payments work"
    );
    assert_eq!(computer.read(".kube/config.before-shorepass"), THEIRS);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_link_stays_a_link(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (existing, target) in [
        (true, "../dotfiles/kubeconfig"),
        (false, "../dotfiles/kubeconfig"),
    ] {
        let computer = Computer::new("dash");
        computer.write("dotfiles/other", "", 0o600);
        computer.write(".kube/other", "", 0o600);
        if existing {
            computer.write("dotfiles/kubeconfig", THEIRS, 0o600);
        }
        std::os::unix::fs::symlink(target, computer.path(".kube/config")).unwrap();
        assert_done(&set_up(&portal, &computer).await);
        let link = std::fs::read_link(computer.path(".kube/config")).unwrap();
        assert_eq!(link.to_str(), Some(target));
        let text = computer.read("dotfiles/kubeconfig");
        assert!(text.contains("shorepass-demo-new-namespace"));
        assert_eq!(text.contains("work.example"), existing);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_first_file_of_kubeconfig_is_the_one_that_is_added_to(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let computer = Computer::new("dash");
    computer.write("a b/first", THEIRS, 0o600);
    computer.write(".kube/config", THEIRS, 0o600);
    let first = computer.path("a b/first").display().to_string();
    let list = format!("{first}:{}", computer.path("second").display());
    let ran = computer
        .paste_with("bash", &command, &[("KUBECONFIG", &list)])
        .await;
    assert_done(&ran);
    assert_eq!(computer.read(".kube/config"), THEIRS);
    assert!(
        computer
            .read("a b/first")
            .contains("shorepass-demo-new-namespace")
    );

    let computer = Computer::new("dash");
    computer.write("second", THEIRS, 0o600);
    let list = format!("first:{}", computer.path("second").display());
    let ran = computer
        .paste_with("bash", &command, &[("KUBECONFIG", &list)])
        .await;
    assert_done(&ran);
    let text = computer.read("first");
    assert!(
        !text.contains("current-context"),
        "it would hide the second's: {text}"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_key_is_on_no_command_line(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (shell, sh) in [("bash", "dash"), ("fish", "bash"), ("zsh", "busybox")] {
        let computer = Computer::new(sh).telling();
        computer.write(".kube/config", THEIRS, 0o600);
        let cookie = portal.log_in("alice").await;
        let command = command(&portal, &cookie, shell).await;
        assert_done(&computer.paste(shell, &command).await);
        let told = computer.told();
        assert!(
            told.contains("/bin/curl ") && !told.contains("k8r_"),
            "{told}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn where_several_clusters_are_each_has_its_file_user_and_context(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql(
            "INSERT INTO clusters (id, name, api_url, audience, created_at)
             VALUES (gen_random_uuid(), 'other', 'https://127.0.0.1:7443', 'other', now())",
        )
        .await;
    let computer = Computer::new("dash");
    assert_done(&set_up(&portal, &computer).await);
    assert_eq!(
        computer.read(".shorepass/other"),
        computer.read(".shorepass/demo")
    );
    assert_eq!(
        computer.config(".contexts[*].name").await,
        "shorepass-demo shorepass-demo-new-namespace shorepass-other"
    );
}
