//! Words of API servers that refuse, in their logs and to their clients, and of `/k8stoken`.

use super::{Known, PORTAL, TEST};

pub(super) const ALL: &[Known] = &[
    Known {
        words: &["oidc: authenticator not initialized"],
        title: "The API server has not reached this portal yet",
        meaning: "It fetches the portal's discovery document every ten seconds until it gets it, and refuses tokens until then.",
        steps: &[
            "Run the self-check of the cluster's page, or shorepass cluster check: it says what is in the way.",
            "Look in the API server's log for the issuer's address: what stands beside it is the reason.",
        ],
    },
    Known {
        words: &["oidc: issuer did not match"],
        title: "The API server was told another issuer than the portal says",
        meaning: "The two are compared byte for byte, a slash at the end included.",
        steps: &["Tell the API server the issuer's URL as the cluster's page shows it."],
    },
    Known {
        words: &["oidc: verify token", "token is expired"],
        title: "The token has expired",
        meaning: "API servers do not forgive a second.",
        steps: &[
            "Fetch a new one. A token that is pasted into a kubeconfig ends within minutes: use “Set up this computer”.",
            "If it was fresh, the clocks of the two machines differ (NTP).",
        ],
    },
    Known {
        words: &["oidc: expected audience"],
        title: "The token is for another cluster",
        meaning: "The API server's audience is not among those in the token.",
        steps: &[
            "Fetch a token for this cluster, or use the context of the cluster that it is for.",
            "If every token is refused, the API server was told another audience: compare it with the cluster's page.",
        ],
    },
    Known {
        words: &["failed to verify id token signature"],
        title: "The API server does not know the key that signed the token, or the token was changed",
        meaning: "It keeps the portal's keys for as long as they may be kept, and fetches new ones only then.",
        steps: &[
            "Paste the token here: this page says which of the two it is.",
            "Wait a minute after an emergency rotation of keys.",
            "Look in shorepass cluster check whether the API server gets this portal's keys.",
        ],
    },
    Known {
        words: &["oidc: id token signed with unsupported algorithm"],
        title: "The API server does not take this kind of signature",
        meaning: "By flags it takes RS256 alone.",
        steps: &[
            "Add the algorithm to --oidc-signing-algs, or use an AuthenticationConfiguration.",
        ],
    },
    Known {
        words: &["oidc: error evaluating"],
        title: "A rule of the API server's configuration refuses the token",
        meaning: "The message after `failed:` says which one.",
        steps: &[
            "Paste the token here.",
            "Print the AuthenticationConfiguration anew: shorepass cluster config.",
        ],
    },
    Known {
        words: &["oidc:"],
        title: "The API server refuses the token",
        meaning: "It says why behind `oidc:`.",
        steps: &[
            "Paste the token here: each check of the API server's is done again, and what fails is explained.",
        ],
    },
    Known {
        words: &["invalid bearer token"],
        title: "The API server does not know the token's issuer",
        meaning: "No authenticator takes it for one of its own: another issuer, or no token at all. An error word of the portal's looks like this, too.",
        steps: &[
            "Paste the token here.",
            "Compare the issuer's URL of the API server with that of the cluster's page, byte for byte.",
        ],
    },
    Known {
        words: &["login_required"],
        title: "You are not logged in at the portal",
        meaning: "The key is good, and sleeps while its owner has no live login.",
        steps: &["Log in here, then repeat the command."],
    },
    Known {
        words: &["key_expired"],
        title: "The key has expired",
        meaning: "Retrieval keys last for some weeks.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["key_revoked"],
        title: "The key was revoked",
        meaning: "You, or signing out everywhere, ended it.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["key_unknown"],
        title: "The key is not known here",
        meaning: "It is cut, of another portal, or of a database that was made anew.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["key_missing"],
        title: "No key was sent",
        meaning: "The file with the key is missing or empty.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["cluster_required"],
        title: "The command does not say for which cluster",
        meaning: "There are several, and the key is bound to none.",
        steps: &["Add cluster=NAME to the address, or set the computer up again."],
    },
    Known {
        words: &["cluster_refused"],
        title: "The key is not for that cluster",
        meaning: "It is bound to another, or there is no cluster of that name.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["You must be logged in to the server"],
        title: "The API server does not take the token",
        meaning: "It says so (401) and never why. Most often the token has ended, or there was none because you are not logged in at the portal.",
        steps: &[
            PORTAL,
            TEST,
            "If that is in order, look at what your kubeconfig sends: kubectl config view --minify, and the context's user.",
        ],
    },
    Known {
        words: &["the server has asked for the client to provide credentials"],
        title: "The API server does not take the token",
        meaning: "It says so (401) and never why. Most often the token has ended, or there was none because you are not logged in at the portal.",
        steps: &[
            PORTAL,
            TEST,
            "If that is in order, look at what your kubeconfig sends: kubectl config view --minify, and the context's user.",
        ],
    },
    Known {
        words: &["Unauthorized"],
        title: "The API server does not take the token",
        meaning: "It says so (401) and never why. Most often the token has ended, or there was none because you are not logged in at the portal.",
        steps: &[PORTAL, TEST],
    },
];
