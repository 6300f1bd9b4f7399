//! The throttle of login attempts: by address, by account, and by the two together; and of whatever
//! else is guessed or fills tables.
//!
//! Each bucket is a generic cell rate in Postgres, so that replicas share it. Attempts are counted
//! before the password is checked, and given back when it was right, so that parallel guesses gain
//! nothing. Nobody can lock a victim out: the count of an account drains faster than one address can
//! fill it, and it does not apply to a network from which that account has logged in before.

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How much may come at once, and how often one more.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: i32,
    pub every: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    pub address: Rate,
    pub account: Rate,
    pub account_at_address: Rate,
    /// Logins that are begun at providers, by address.
    pub departure: Rate,
    /// Devices that begin, by address.
    pub device: Rate,
    /// Wrong user codes, by the person who types them, and of everybody together (RFC 8628 §5.1).
    pub user_code: Rate,
    pub user_codes: Rate,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            address: Rate {
                burst: 60,
                every: Duration::seconds(2),
            },
            account: Rate {
                burst: 1800,
                every: Duration::seconds(2),
            },
            account_at_address: Rate {
                burst: 10,
                every: Duration::seconds(3),
            },
            departure: Rate {
                burst: 100,
                every: Duration::seconds(1),
            },
            device: Rate {
                burst: 100,
                every: Duration::seconds(1),
            },
            user_code: Rate {
                burst: 5,
                every: Duration::minutes(1),
            },
            user_codes: Rate {
                burst: 300,
                every: Duration::seconds(1),
            },
        }
    }
}

/// Who tries to log in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub directory: &'a str,
    /// The account's canonical name: spellings of one name share a count.
    pub account: &'a str,
    /// The network that it comes from: an IPv4 address, or the /64 of an IPv6 one.
    pub network: &'a str,
    /// Whether the account has logged in from this network before.
    pub known_network: bool,
}

impl Throttle {
    fn buckets(&self, attempt: &Attempt<'_>) -> Vec<(Vec<u8>, Rate)> {
        let Attempt {
            directory,
            account,
            network,
            known_network,
        } = attempt;
        let mut buckets = vec![
            (bucket(&format!("address\0{network}")), self.address),
            (
                bucket(&format!("both\0{directory}\0{account}\0{network}")),
                self.account_at_address,
            ),
        ];
        if !known_network {
            buckets.push((
                bucket(&format!("account\0{directory}\0{account}")),
                self.account,
            ));
        }
        buckets
    }

    /// Counts an attempt. Where a bucket is full, says how long to wait.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn charge(
        &self,
        conn: &mut PgConnection,
        attempt: &Attempt<'_>,
        now: OffsetDateTime,
    ) -> Result<Result<(), Duration>, sqlx::Error> {
        charge_all(conn, self.buckets(attempt), now).await
    }

    /// Counts a login that is begun at a provider. There is nothing to guess, only rows to fill.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn charge_departure(
        &self,
        conn: &mut PgConnection,
        address: &str,
        now: OffsetDateTime,
    ) -> Result<Result<(), Duration>, sqlx::Error> {
        let bucket = bucket(&format!("departure\0{address}"));
        charge_all(conn, vec![(bucket, self.departure)], now).await
    }

    /// Counts a device that begins. There is nothing to guess, only rows to fill.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn charge_device(
        &self,
        conn: &mut PgConnection,
        network: &str,
        now: OffsetDateTime,
    ) -> Result<Result<(), Duration>, sqlx::Error> {
        let bucket = bucket(&format!("device\0{network}"));
        charge_all(conn, vec![(bucket, self.device)], now).await
    }

    /// Counts a try at a user code.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn charge_user_code(
        &self,
        conn: &mut PgConnection,
        user: Uuid,
        now: OffsetDateTime,
    ) -> Result<Result<(), Duration>, sqlx::Error> {
        charge_all(conn, self.user_code_buckets(user), now).await
    }

    /// Gives a try at a user code back: it was right.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn refund_user_code(
        &self,
        conn: &mut PgConnection,
        user: Uuid,
    ) -> Result<(), sqlx::Error> {
        refund_all(conn, self.user_code_buckets(user)).await
    }

    /// All logins of a person share a count.
    fn user_code_buckets(&self, user: Uuid) -> Vec<(Vec<u8>, Rate)> {
        vec![
            (bucket(&format!("user code\0{user}")), self.user_code),
            (bucket("user codes"), self.user_codes),
        ]
    }

    /// Gives an attempt back: the password was right.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn refund(
        &self,
        conn: &mut PgConnection,
        attempt: &Attempt<'_>,
    ) -> Result<(), sqlx::Error> {
        refund_all(conn, self.buckets(attempt)).await
    }
}

fn bucket(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

async fn refund_all(
    conn: &mut PgConnection,
    buckets: Vec<(Vec<u8>, Rate)>,
) -> Result<(), sqlx::Error> {
    for (bucket, rate) in buckets {
        sqlx::query!(
            "UPDATE login_attempts SET arrival = arrival - make_interval(secs => $2) WHERE bucket = $1",
            bucket, rate.every.as_seconds_f64()
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn charge_all(
    conn: &mut PgConnection,
    buckets: Vec<(Vec<u8>, Rate)>,
    now: OffsetDateTime,
) -> Result<Result<(), Duration>, sqlx::Error> {
    for (bucket, rate) in buckets {
        let horizon = now + rate.every * (rate.burst - 1);
        let charged = sqlx::query!(
                "INSERT INTO login_attempts AS a (bucket, arrival) VALUES ($1, $2::timestamptz + make_interval(secs => $3))
                 ON CONFLICT (bucket) DO UPDATE SET arrival = greatest(a.arrival, $2) + make_interval(secs => $3)
                 WHERE a.arrival <= $4",
                bucket, now, rate.every.as_seconds_f64(), horizon
            )
            .execute(&mut *conn)
            .await?;
        if charged.rows_affected() == 0 {
            let arrival = sqlx::query_scalar!(
                "SELECT arrival FROM login_attempts WHERE bucket = $1",
                bucket
            )
            .fetch_optional(&mut *conn)
            .await?;
            let wait = arrival.map_or(rate.every, |arrival| arrival - horizon);
            return Ok(Err(wait.max(Duration::seconds(1))));
        }
    }
    Ok(Ok(()))
}

/// Forgets buckets that have drained. Nothing depends on it but the table's size.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn forget_drained(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM login_attempts WHERE arrival < $1", now)
        .execute(conn)
        .await?;
    Ok(())
}
