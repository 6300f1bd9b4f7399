//! The self-check of a cluster says what the API server itself makes of it.

use crate::world::World;

/// What `shorepass cluster check` prints, and whether everything is in order.
fn check(world: &World) -> (bool, String) {
    let ended = world.shorepass(&["cluster", "check", "demo"]);
    (ended.code == Some(0), ended.stdout)
}

pub(crate) async fn a_cluster_that_was_told_what_was_printed_is_all_green(world: &World) {
    let (in_order, lines) = check(world);
    assert!(in_order, "{lines}");
    assert_eq!(lines.matches("ok    ").count(), 7, "{lines}");
    let name = format!("{}shorepass-self-check", world.kind.prefix());
    assert!(lines.contains(&name), "{lines}");
}

/// Each wrong word of the record is a red line with its cure; with the right one again, all is green.
pub(crate) async fn a_record_that_does_not_fit_is_named_with_its_cure(world: &World) {
    let prefix = world.kind.prefix();
    let portal_root = world.folder().join("root.crt");
    let cluster_root = world.folder().join("cluster-ca.crt");
    let (portal_root, cluster_root) = (
        portal_root.to_str().unwrap(),
        cluster_root.to_str().unwrap(),
    );
    for (option, wrong, right, line, cure) in [
        (
            "--groups-claim",
            "roles",
            "groups",
            "It puts them in the right groups",
            "--oidc-groups-claim",
        ),
        (
            "--groups-prefix",
            "other:",
            prefix,
            "It puts them in the right groups",
            "The prefix for groups differs",
        ),
        (
            "--username-prefix",
            "other:",
            prefix,
            "It knows its bearer by the right name",
            "The prefix for usernames differs",
        ),
        (
            "--audience",
            "nobody-expects-this",
            "kubernetes",
            "The API server accepts a token",
            "letter by letter",
        ),
        (
            "--ca",
            portal_root,
            cluster_root,
            "The API server answers, with a certificate that is trusted",
            "certificate-authority-data",
        ),
    ] {
        world
            .shorepass(&["cluster", "set", "demo", option, wrong])
            .ok();
        let (in_order, lines) = check(world);
        world
            .shorepass(&["cluster", "set", "demo", option, right])
            .ok();
        assert!(!in_order, "{option} {wrong}: {lines}");
        let red = lines.split(&format!("BAD   {line}")).nth(1);
        let red = red.unwrap_or_else(|| panic!("{option} {wrong}: {lines}"));
        assert!(red.contains(cure), "{option} {wrong}: {lines}");
    }
    let (in_order, lines) = check(world);
    assert!(in_order, "{lines}");
}
