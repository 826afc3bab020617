-- Codes of an authenticator app (RFC 6238). The secret is sealed; it counts once its owner has shown a code of it, and a
-- code counts once: last_step is the newest that was taken.
CREATE TABLE totp_factors (
    id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_sealed TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL
);

-- What lets somebody in who has lost their second factor, each once. Only digests are kept.
CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_digest TEXT NOT NULL,
    PRIMARY KEY (user_id, code_digest)
);

-- Browsers whose password was right, and whose second factor is waited for. They are nobody yet.
CREATE TABLE halfway_sign_ins (
    token_digest TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    challenge TEXT NOT NULL
);

CREATE INDEX halfway_sign_ins_by_user ON halfway_sign_ins (user_id);

-- Keys of a device or a password manager (WebAuthn). The public half is kept, in URL-safe base 64.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- What a passkey has to sign next in a browser that is signed in; used up by one try.
ALTER TABLE sign_ins ADD COLUMN challenge TEXT NOT NULL DEFAULT '';
