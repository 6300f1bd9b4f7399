//! What the controller manager does to the `ClusterRoles` view, edit and admin: without it they
//! are empty.

use serde_json::Value;

use crate::world::World;

/// Gives each of them the rules of those that its `aggregationRule` selects.
pub(crate) fn fill(world: &World) {
    // Each is selected by the next.
    for role in ["view", "edit", "admin"] {
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{role}=true");
        let selected = world
            .admin(&["get", "clusterroles", "-l", &label, "-o", "json"])
            .ok();
        let selected: Value = serde_json::from_str(&selected).unwrap();
        let rules: Vec<Value> = selected["items"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|item| item["rules"].as_array().cloned().unwrap_or_default())
            .collect();
        assert!(!rules.is_empty(), "nothing is selected for {role}");
        let whole = world
            .admin(&["get", "clusterrole", role, "-o", "json"])
            .ok();
        let mut whole: Value = serde_json::from_str(&whole).unwrap();
        whole["rules"] = rules.into();
        world
            .admin_reading(&["replace", "-f", "-"], &whole.to_string())
            .ok();
    }
}
