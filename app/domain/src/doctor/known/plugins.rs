//! Words about the programs that fetch tokens for kubectl.

use super::{Known, PORTAL};

pub(super) const ALL: &[Known] = &[
    Known {
        words: &["getting credentials", "not found"],
        title: "The program that fetches tokens is not on this computer",
        meaning: "The kubeconfig names a plug-in (exec) that cannot be found.",
        steps: &[
            "Set the computer up from the page of your token: that plug-in is sh and curl, and needs nothing else.",
            "Or install the one that the message names, such as kubelogin (kubectl oidc-login).",
        ],
    },
    Known {
        words: &["getting credentials", "no such file or directory"],
        title: "The program that fetches tokens is not on this computer",
        meaning: "The kubeconfig names a plug-in (exec) by a path at which there is nothing.",
        steps: &[
            "Set the computer up again from the page of your token.",
            "Look at the user's `exec.command`: kubectl config view.",
        ],
    },
    Known {
        words: &["getting credentials", "permission denied"],
        title: "The program that fetches tokens may not be run",
        meaning: "The kubeconfig names a plug-in (exec) that this account may not start.",
        steps: &[
            "Make it executable (chmod +x), or set the computer up again from the page of your token.",
        ],
    },
    Known {
        words: &["getting credentials", "allowlist"],
        title: "kubectl may not run the program that fetches tokens",
        meaning: "This computer's kuberc has a credentialPluginPolicy, and the plug-in is not on its list.",
        steps: &[
            "Put the plug-in of the kubeconfig (`sh`) on the list, or use `user=token` in the kubeconfig's address.",
        ],
    },
    Known {
        words: &["not allowed: policy set to"],
        title: "kubectl may not run the program that fetches tokens",
        meaning: "This computer's kuberc has a credentialPluginPolicy that allows no plug-in.",
        steps: &[
            "Allow the plug-in of the kubeconfig (`sh`) there, or use `user=token` in the kubeconfig's address.",
        ],
    },
    Known {
        words: &["exec plugin cannot support interactive mode"],
        title: "The program that fetches tokens wants to ask you something",
        meaning: "Its standard input is no terminal.",
        steps: &["Set the computer up from the page of your token: that plug-in asks nothing."],
    },
    Known {
        words: &["getting credentials", "decoding stdout"],
        title: "What fetches tokens answered with something else",
        meaning: "kubectl expects an ExecCredential from the plug-in, and got other words: an error of the portal's, or a proxy's page.",
        steps: &[
            PORTAL,
            "Run the command of the kubeconfig by hand and read what it says: kubectl config view.",
            "Set the computer up again from the page of your token.",
        ],
    },
    Known {
        words: &["exec plugin", "didn't return"],
        title: "What fetches tokens answered without one",
        meaning: "The plug-in ended well and gave no token.",
        steps: &[
            PORTAL,
            "Set the computer up again from the page of your token.",
        ],
    },
    Known {
        words: &["exec plugin is configured to use API version"],
        title: "The plug-in and kubectl speak different versions",
        meaning: "The plug-in answers in another version of ExecCredential than the kubeconfig asks for.",
        steps: &[
            "Set the computer up again from the page of your token: it uses client.authentication.k8s.io/v1, which kubectl knows since 1.22.",
        ],
    },
    Known {
        words: &["exec plugin: invalid apiVersion"],
        title: "The plug-in and kubectl speak different versions",
        meaning: "The kubeconfig asks for a version of ExecCredential that the plug-in or this kubectl does not know.",
        steps: &[
            "Set the computer up again from the page of your token: it uses client.authentication.k8s.io/v1, which kubectl knows since 1.22.",
        ],
    },
    Known {
        words: &["getting credentials", "exit code 22"],
        title: "The portal refused to hand a token out",
        meaning: "curl was called with -f, and keeps to itself what the portal said.",
        steps: &[
            PORTAL,
            "Look under Sessions whether the key was revoked or has expired.",
            "Set the computer up again from the page of your token: its plug-in says why.",
        ],
    },
    Known {
        words: &["getting credentials", "exit code 6"],
        title: "The portal's name is not known on this computer",
        meaning: "curl could not find the portal's address.",
        steps: &[
            "Look whether this computer is in the network (VPN) in which the portal can be reached.",
        ],
    },
    Known {
        words: &["getting credentials", "exit code 7"],
        title: "The portal does not answer",
        meaning: "curl found the portal's address, and nothing listens there.",
        steps: &[
            "Look whether this page loads from that computer.",
            "Look whether it is in the network (VPN) in which the portal can be reached.",
        ],
    },
    Known {
        words: &["getting credentials", "exit code 60"],
        title: "That computer does not trust the portal's certificate",
        meaning: "curl refuses to send the key.",
        steps: &[
            "Let the computer trust the authority that signed the portal's certificate. Never use curl -k: it would give the key to anybody.",
        ],
    },
    Known {
        words: &["getting credentials"],
        title: "What fetches tokens failed",
        meaning: "kubectl asked the plug-in of the kubeconfig (exec) for a token, and it ended with an error.",
        steps: &[
            PORTAL,
            "Read the lines above this one: the plug-in of this portal says there why.",
            "Set the computer up again from the page of your token.",
        ],
    },
    Known {
        words: &["cannot refresh without refresh-token"],
        title: "kubectl has no refresh token",
        meaning: "The oidc auth-provider's id_token has ended, and the kubeconfig holds nothing to trade for another.",
        steps: &["Set the computer up again from the page of your token."],
    },
    Known {
        words: &["failed to refresh token"],
        title: "The refresh token is good no more",
        meaning: "The login behind it ended, somebody revoked it, or an older one was used again.",
        steps: &[
            "Log in at the address that the message names, or here.",
            "Set the computer up again from the page of your token: a refresh token does not outlive its login.",
        ],
    },
    Known {
        words: &["invalid_grant"],
        title: "The refresh token or the code is good no more",
        meaning: "The login behind it ended, somebody revoked it, or it was used before.",
        steps: &["Log in again with the program that says so."],
    },
    Known {
        words: &["invalid_client"],
        title: "The program is not registered here, or has the wrong secret",
        meaning: "The client's id or secret is not what the portal has.",
        steps: &[
            "For kubectl and kubelogin the id is the cluster's audience, and there is no secret.",
            "For other programs ask an administrator: they see the clients, and can give one a new secret.",
        ],
    },
];
