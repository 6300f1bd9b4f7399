//! What `cluster config` prints, read by those who have to understand it.

use serde_json::Value;

use crate::world::World;

pub(crate) async fn what_is_printed_for_roles_is_valid_to_the_letter(world: &World) {
    let strict = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    let printed = world.printed("rbac", &["--roles", world.kind.roles()]);
    let ended = world.admin_reading(&strict, &printed);
    assert!(ended.stderr.is_empty(), "{ended:?}");
    let said = ended.ok();
    // Three namespaces, three roles.
    assert!(said.matches("rolebinding.").count() == 9, "{said}");
    assert!(
        said.lines().all(|line| line.ends_with("(server dry run)")),
        "{said}"
    );
    // It is to the letter: a word that does not belong there is seen.
    let wrong = printed.replacen("metadata:", "mistake: true\nmetadata:", 1);
    let ended = world.admin_reading(&strict, &wrong);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains(r#"unknown field "mistake""#),
        "{ended:?}"
    );
}

/// The installers are not here, so their files are read as they read them. That the API server does
/// what it is told by them shows in every test: it was started with what is printed for kubeadm.
pub(crate) async fn what_is_printed_for_installers_tells_the_api_server_the_same(world: &World) {
    let file = world.authentication.to_str().unwrap();
    let folder = world.folder().to_str().unwrap();
    let argument = [format!("--authentication-config={file}")];

    let printed = world.printed("kubeadm", &[]);
    assert_eq!(kubeadm_arguments(&printed), argument);
    assert_mounts(&read(&printed), folder);

    let k3s = read(&world.printed("k3s", &[]));
    let words = k3s["kube-apiserver-arg+"].as_array().unwrap();
    assert_eq!(words.len(), 1, "{k3s}");
    assert_eq!(format!("--{}", words[0].as_str().unwrap()), argument[0]);

    let kind = read(&world.printed("kind", &[]));
    let node = &kind["nodes"][0];
    assert_eq!(node["extraMounts"][0]["containerPath"], folder);
    let patches = node["kubeadmConfigPatches"].as_array().unwrap();
    let mut versions = Vec::new();
    for patch in patches.iter().map(|patch| patch.as_str().unwrap()) {
        assert_eq!(kubeadm_arguments(patch), argument);
        assert_mounts(&read(patch), folder);
        versions.push(read(patch)["apiVersion"].clone());
    }
    assert_eq!(
        versions,
        ["kubeadm.k8s.io/v1beta3", "kubeadm.k8s.io/v1beta4"]
    );
}

/// The arguments that kubeadm gives the API server: a list, or up to v1beta3 a map.
pub(crate) fn kubeadm_arguments(printed: &str) -> Vec<String> {
    let configuration = read(printed);
    assert_eq!(configuration["kind"], "ClusterConfiguration");
    match &configuration["apiServer"]["extraArgs"] {
        Value::Array(list) => list
            .iter()
            .map(|each| argument(each["name"].as_str().unwrap(), &each["value"]))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| argument(name, value))
            .collect(),
        other => panic!("{other} are no arguments"),
    }
}

fn argument(name: &str, value: &Value) -> String {
    format!("--{name}={}", value.as_str().unwrap())
}

/// The API server runs in a container, and finds the folder there under the same name.
fn assert_mounts(configuration: &Value, folder: &str) {
    let volume = &configuration["apiServer"]["extraVolumes"][0];
    assert_eq!(volume["hostPath"], folder);
    assert_eq!(volume["mountPath"], folder);
    assert_eq!(volume["readOnly"], true);
}

fn read(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap()
}
