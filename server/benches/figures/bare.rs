//! The handlers to compare with: axum, the pool and the signature, and nothing else.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::{Router, extract::State, routing::get};
use sqlx::PgPool;

#[derive(Clone)]
struct Bare {
    pool: PgPool,
    key: Arc<RsaKeyPair>,
}

pub(crate) async fn serve(port: &str) {
    let url = std::env::var("DATABASE_URL").unwrap().into();
    let pool = identity::database::connect(&url, 16).await.unwrap();
    let key = Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    let same = |name: &str| {
        let body = std::env::var(name).unwrap();
        move || async move { body }
    };
    let router = Router::new()
        .route("/select", get(select))
        .route("/mint", get(mint))
        .route("/same/oauth2/jwks", get(same("BARE_JWKS")))
        .route(
            "/same/.well-known/openid-configuration",
            get(same("BARE_DISCOVERY")),
        )
        .with_state(Bare { pool, key });
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn read(pool: &PgPool) -> String {
    sqlx::query_scalar("SELECT display_name FROM users WHERE username = $1")
        .bind("alice")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn select(State(bare): State<Bare>) -> String {
    read(&bare.pool).await
}

async fn mint(State(bare): State<Bare>) -> String {
    let name = read(&bare.pool).await;
    let mut signature = vec![0; bare.key.public_modulus_len()];
    let message = name.repeat(50);
    bare.key
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
    let mut tx = bare.pool.begin().await.unwrap();
    sqlx::query("INSERT INTO bench_bare (id, signature) VALUES (gen_random_uuid(), $1)")
        .bind(&signature)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    format!("{}{}", message, signature.len())
}
