//! When to ask for a new token. Arithmetic only; asking is `pulse`'s.

/// The server makes a new token where less than this is left of the old one.
const RENEW_BELOW: i64 = 60;

/// Whether it is time to renew, with so much left, so long after the last try.
pub(super) fn is_due(left: i64, waited: Option<i64>, failures: u32) -> bool {
    // Also after a success: what the server gave may end soon because the login does.
    let pause = if failures == 0 {
        5
    } else {
        (1_i64 << failures.min(5)).min(30)
    };
    (left < RENEW_BELOW || failures > 0) && waited.is_none_or(|seconds| seconds >= pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_renewed_when_the_server_will_make_a_new_one() {
        assert!(!is_due(60, None, 0));
        assert!(is_due(59, None, 0));
        assert!(is_due(0, None, 0));
        assert!(
            is_due(200, Some(60), 1),
            "after a failure the next success clears it"
        );
    }

    #[test]
    fn tries_are_apart_and_failures_drive_them_further() {
        for (waited, failures, due) in [
            (4, 0, false),
            (5, 0, true),
            (1, 1, false),
            (2, 1, true),
            (15, 4, false),
            (16, 4, true),
            (29, 40, false),
            (30, 40, true),
        ] {
            assert_eq!(
                is_due(10, Some(waited), failures),
                due,
                "{waited} s after failure {failures}"
            );
        }
    }
}
