//! The command that the token page prints, typed into a shell.

use crate::world::World;

/// The page's command for bash and zsh, as it is copied.
pub(crate) async fn printed_command(world: &World, cookie: &str) -> String {
    let page = world.portal.get("/?cluster=demo").header("cookie", cookie);
    command(
        &page.send().await.unwrap().text().await.unwrap(),
        "kubectl-posix",
    )
}

/// The command in an element of a page, as a browser copies it.
pub(crate) fn command(page: &str, id: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("id=\"{id}\""))
        .expect("the page has the command");
    let text = rest.split_once('>').unwrap().1.split('<').next().unwrap();
    [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&gt;", ">"),
        ("&lt;", "<"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Saves a key as the page says.
pub(crate) fn save(world: &World, key: &str) {
    let line = format!("Authorization: Bearer {key}\n");
    world.home.write(".shorepass/demo", &line);
}

pub(crate) async fn log_out(world: &World, cookie: &str) {
    let answer = world.portal.post("/logout", &[]).header("cookie", cookie);
    assert_eq!(answer.send().await.unwrap().status(), 303);
}

pub(crate) async fn the_printed_command_works_until_logout_and_again_after_the_next_login(
    world: &World,
) {
    let cookie = world.portal.log_in("alice").await;
    let command = printed_command(world, &cookie).await;
    assert!(
        command.contains(r#"--token="$(curl -sS -H "@$HOME/.shorepass/demo""#),
        "{command}"
    );
    save(world, &world.portal.make_key(&cookie, "demo").await);
    let works = || {
        let ended = world.home.shell(&command);
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
        assert!(
            ended.stderr.contains("No resources found in new-namespace"),
            "{ended:?}"
        );
    };
    works();
    log_out(world, &cookie).await;
    world.home.shell(&command).unauthorized();
    let curl = command
        .split_once("$(")
        .unwrap()
        .1
        .split_once(" ||")
        .unwrap()
        .0;
    assert_eq!(world.home.shell(curl).ok(), "login_required");
    world.portal.log_in("alice").await;
    works();
}
