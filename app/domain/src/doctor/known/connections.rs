//! Words about the way to an API server, and about contexts.

use super::{CA, Known};

pub(super) const ALL: &[Known] = &[
    Known {
        words: &[
            "couldn't get current server API group list",
            "localhost:8080",
        ],
        title: "kubectl has no kubeconfig",
        meaning: "It asks localhost:8080, which is where it looks when it was told of no cluster.",
        steps: &[
            "Use “Set up this computer” on the page of your token.",
            "If there is a kubeconfig, look whether KUBECONFIG names it, and whether a context is chosen: kubectl config get-contexts.",
        ],
    },
    Known {
        words: &["localhost:8080 was refused"],
        title: "kubectl has no kubeconfig",
        meaning: "It asks localhost:8080, which is where it looks when it was told of no cluster.",
        steps: &[
            "Use “Set up this computer” on the page of your token.",
            "If there is a kubeconfig, look whether KUBECONFIG names it, and whether a context is chosen: kubectl config get-contexts.",
        ],
    },
    Known {
        words: &["certificate signed by unknown authority"],
        title: "The server's certificate is not trusted",
        meaning: "Whoever answers shows a certificate of an authority that the kubeconfig does not name: another server answers there, a proxy looks into the connection, or the authority changed.",
        steps: &[
            CA,
            "If it stays, an operator has to compare the authority in the cluster's record with the API server's.",
            "Never use --insecure-skip-tls-verify: it would give your token to anybody.",
        ],
    },
    Known {
        words: &["x509: certificate is valid for"],
        title: "The server's certificate is for another name",
        meaning: "The API server is called by a name or address that its certificate does not have.",
        steps: &[
            "Use the address that the cluster's record has: set the computer up again from the page of your token.",
            "Or let operators put the name into the certificate (kubeadm: apiServer.certSANs).",
        ],
    },
    Known {
        words: &["doesn't contain any IP SANs"],
        title: "The server's certificate is for another name",
        meaning: "The API server is called by an address, and its certificate has names only.",
        steps: &[
            "Use the address that the cluster's record has: set the computer up again from the page of your token.",
        ],
    },
    Known {
        words: &["certificate has expired or is not yet valid"],
        title: "The server's certificate has expired, or a clock is wrong",
        meaning: "The time of this computer lies outside of the certificate's.",
        steps: &[
            "Look at this computer's clock.",
            "If it is right, operators have to renew the API server's certificate.",
        ],
    },
    Known {
        words: &["x509:"],
        title: "A certificate is not trusted",
        meaning: "What the server shows does not fit what the kubeconfig expects.",
        steps: &[
            CA,
            "If it stays, an operator has to look at the API server's certificate.",
        ],
    },
    Known {
        words: &["no such host"],
        title: "The server's name is not known",
        meaning: "This computer finds no address for the name of the API server.",
        steps: &[
            "Look whether this computer is in the network (VPN) in which the cluster can be reached.",
            "Look at the address: kubectl config view --minify. The cluster's record may have changed: set the computer up again.",
        ],
    },
    Known {
        words: &["did you specify the right host or port?"],
        title: "Nobody answers at the server's address",
        meaning: "The machine is there, and nothing listens at the port.",
        steps: &[
            "Look at the address: kubectl config view --minify.",
            "If it is right, the API server is down: ask its operators.",
        ],
    },
    Known {
        words: &["connection refused"],
        title: "Nobody answers at the server's address",
        meaning: "The machine is there, and nothing listens at the port.",
        steps: &[
            "Look at the address: kubectl config view --minify.",
            "If it is right, the API server is down: ask its operators.",
        ],
    },
    Known {
        words: &["i/o timeout"],
        title: "The server does not answer",
        meaning: "Nothing comes back from the API server's address: a firewall or the wrong network.",
        steps: &[
            "Look whether this computer is in the network (VPN) in which the cluster can be reached.",
        ],
    },
    Known {
        words: &["context deadline exceeded"],
        title: "The server does not answer in time",
        meaning: "Nothing came back from the API server while kubectl waited.",
        steps: &[
            "Look whether this computer is in the network (VPN) in which the cluster can be reached.",
            "Try again: the API server may be busy.",
        ],
    },
    Known {
        words: &["no route to host"],
        title: "The server cannot be reached",
        meaning: "There is no way from this computer to the API server's address.",
        steps: &[
            "Look whether this computer is in the network (VPN) in which the cluster can be reached.",
        ],
    },
    Known {
        words: &["TLS handshake timeout"],
        title: "The server does not answer in time",
        meaning: "The connection stands, and the API server does not go on: it is busy, or a proxy is in between.",
        steps: &["Try again.", "If it stays, ask the cluster's operators."],
    },
    Known {
        words: &["current-context is not set"],
        title: "No context is chosen",
        meaning: "The kubeconfig holds several contexts or none, and kubectl was told of none.",
        steps: &[
            "See them with kubectl config get-contexts, and choose with kubectl config use-context NAME.",
        ],
    },
    Known {
        words: &["context", "does not exist"],
        title: "There is no such context",
        meaning: "The kubeconfig has no context of that name.",
        steps: &[
            "See them with kubectl config get-contexts.",
            "Set the computer up again from the page of your token: it makes one for each cluster and namespace.",
        ],
    },
    Known {
        words: &["Too Many Requests"],
        title: "The server asks you to slow down",
        meaning: "Too many requests came at once.",
        steps: &["Wait a little, and repeat the command."],
    },
];
