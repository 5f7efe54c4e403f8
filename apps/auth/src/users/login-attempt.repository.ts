import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { fail } from '#libs/errors';
import { InjectDatabase, transact } from '#libs/storage';

/** How many wrong passwords are too many, and for how long. */
export interface LockoutRule {
  /** In a row, of one account from one address; that address is then locked out of the account. */
  readonly attemptsMax: number;
  /** From one address within `lockoutMs`, whatever the accounts. */
  readonly perAddressMax: number;
  readonly lockoutMs: number;
}

/** What a log-in is judged by. */
export interface LoginRule extends LockoutRule {
  /** Who may log in by which password for as long as they have none of their own. */
  readonly first: { readonly email: string; readonly password: string } | null;
}

/** Who tries whose password. */
export interface LoginOrigin {
  /** Lower case. */
  readonly email: string;
  readonly address: string;
}

export interface LoginAttempt {
  readonly passwordHash: string | null;
  /** As it was when that was their password. */
  readonly credentialsNotBefore: Date | null;
}

/** So many addresses may be locked out of an account before those that never logged in to it have to wait as well. */
const ADDRESSES_MAX = 20;
/** For so long an address is one that logged in to the account. */
const REMEMBERED = `interval '90 days'`;
const TIDY_MS = 3_600_000;

/** The row of an address as a whole has no account. */
const COUNT_ADDRESS = `
  INSERT INTO auth.login_attempts AS known (email, address, failures, counted_until)
  VALUES ('', $1, 1, now() + make_interval(secs => $2::double precision / 1000))
  ON CONFLICT (email, address) DO UPDATE SET
    failures = CASE WHEN known.counted_until <= now() THEN 1 ELSE known.failures + 1 END,
    counted_until = CASE WHEN known.counted_until <= now() THEN excluded.counted_until ELSE known.counted_until END
  RETURNING failures, extract(epoch FROM counted_until - now())::double precision * 1000 AS left_ms`;

const COUNT_ACCOUNT = `
  WITH account AS (
    SELECT email, password_hash, credentials_not_before FROM auth.users WHERE email = $1 AND is_active AND deleted_at IS NULL
  ), here AS (
    INSERT INTO auth.login_attempts AS known (email, address, failures, counted_until)
    SELECT email, $2, 1, now() + make_interval(secs => $4::double precision / 1000) FROM account
    ON CONFLICT (email, address) DO UPDATE SET
      failures = CASE WHEN known.counted_until <= now() THEN 1 ELSE known.failures + 1 END,
      counted_until = CASE WHEN known.counted_until <= now() OR known.failures < $3
        THEN excluded.counted_until ELSE known.counted_until END
    RETURNING failures, logged_in_at
  ), everywhere AS (
    UPDATE auth.users SET
      failed_login_count = CASE WHEN locked_until > now() THEN failed_login_count + 1 ELSE 1 END,
      locked_until = CASE WHEN locked_until > now() THEN locked_until
        ELSE now() + make_interval(secs => $4::double precision / 1000) END
    FROM here WHERE email = $1 AND here.failures <= $3
    RETURNING failed_login_count
  )
  SELECT account.password_hash AS "passwordHash", account.credentials_not_before AS "credentialsNotBefore"
  FROM account, here, everywhere
  WHERE everywhere.failed_login_count <= $5 OR here.logged_in_at > now() - ${REMEMBERED}`;

/** Attempts before their account, as all do that change both, so that none waits for another that waits for it. */
const SETTLE_HERE =
  'UPDATE auth.login_attempts SET failures = 0, logged_in_at = now() WHERE email = $1 AND address = $2';
const SETTLE_ADDRESS = `UPDATE auth.login_attempts SET failures = greatest(failures - 1, 0) WHERE email = '' AND address = $1`;
const SETTLE_ACCOUNT = 'UPDATE auth.users SET failed_login_count = 0, locked_until = NULL WHERE email = $1';

const TIDY = `
  DELETE FROM auth.login_attempts
  WHERE counted_until < now() AND (logged_in_at IS NULL OR logged_in_at < now() - ${REMEMBERED})`;

/**
 * Counts wrong passwords where they come from, so that guessing is slow and a stranger locks nobody out: an address is
 * locked out of the account that it guesses at, and of all when it guesses at many. When guesses at one account come from
 * very many addresses, those from which its user has logged in before still may.
 * https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
@Injectable()
export class LoginAttemptRepository {
  private tidiedAtMs = performance.now();

  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /**
   * Counts the attempt before the password is looked at, so that guessing in parallel gains nothing. `null`: the account
   * is unknown or not active, or may not be tried from there. Throws `http.rate_limited` where the address has to wait.
   */
  async begin({ email, address }: LoginOrigin, rule: LockoutRule): Promise<LoginAttempt | null> {
    const { attemptsMax, lockoutMs } = rule;
    await this.countAddress(address, rule);
    const [row] = (await this.database.query(COUNT_ACCOUNT, [
      email,
      address,
      attemptsMax,
      lockoutMs,
      attemptsMax * ADDRESSES_MAX,
    ])) as LoginAttempt[];
    return row ?? null;
  }

  /** Counts an attempt from an address alone. Throws `http.rate_limited` where it has to wait. */
  async countAddress(address: string, { perAddressMax, lockoutMs }: LockoutRule): Promise<void> {
    await this.tidy();
    const [counted] = (await this.database.query(COUNT_ADDRESS, [address, lockoutMs])) as [
      { failures: number; left_ms: number },
    ];
    if (counted.failures > perAddressMax) throw tooMany(perAddressMax, lockoutMs, counted.left_ms);
  }

  /** The password was right: counting starts anew, and the address is one that logged in. */
  async settle({ email, address }: LoginOrigin): Promise<void> {
    // One after the other: the parts of one statement lock in no order that could be relied on.
    await transact(this.database, async (manager) => {
      await manager.query(SETTLE_HERE, [email, address]);
      await manager.query(SETTLE_ADDRESS, [address]);
      await manager.query(SETTLE_ACCOUNT, [email]);
    });
  }

  private async tidy(): Promise<void> {
    if (performance.now() - this.tidiedAtMs < TIDY_MS) return;
    this.tidiedAtMs = performance.now();
    await this.database.query(TIDY);
  }
}

const tooMany = (limit: number, windowMs: number, leftMs: number) =>
  fail('http.rate_limited', {
    message: 'Too many failed log-ins from this address',
    data: { limitOf: 'log-ins', kind: 'rate', limit, windowMs, retryAfterMs: Math.ceil(leftMs) },
  });
