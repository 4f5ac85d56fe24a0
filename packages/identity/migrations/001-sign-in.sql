-- The sign-in engine's tables, as its own generator writes them for the settings in engine.ts; a test asks the
-- generator again and expects nothing to add. No table names a person: "email" holds a keyed hash of the login.

CREATE SCHEMA auth;

CREATE TABLE auth.users (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  "emailVerified" boolean NOT NULL,
  image text,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE auth.sessions (
  id text NOT NULL PRIMARY KEY,
  "expiresAt" timestamptz NOT NULL,
  token text NOT NULL UNIQUE,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL,
  "ipAddress" text,
  "userAgent" text,
  "userId" text NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX "sessions_userId_idx" ON auth.sessions ("userId");
CREATE INDEX sessions_expiry ON auth.sessions ("expiresAt");

CREATE TABLE auth.accounts (
  id text NOT NULL PRIMARY KEY,
  "accountId" text NOT NULL,
  "providerId" text NOT NULL,
  "userId" text NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  scope text,
  password text,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL
);
CREATE INDEX "accounts_userId_idx" ON auth.accounts ("userId");

CREATE TABLE auth.verifications (
  id text NOT NULL PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX verifications_identifier_idx ON auth.verifications (identifier);

CREATE TABLE auth.passkeys (
  id text NOT NULL PRIMARY KEY,
  name text,
  "publicKey" text NOT NULL,
  "userId" text NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  "credentialID" text NOT NULL,
  counter integer NOT NULL,
  "deviceType" text NOT NULL,
  "backedUp" boolean NOT NULL,
  transports text,
  "createdAt" timestamptz,
  aaguid text
);
CREATE INDEX "passkeys_userId_idx" ON auth.passkeys ("userId");
CREATE INDEX "passkeys_credentialID_idx" ON auth.passkeys ("credentialID");
-- Ours: one credential opens one account only.
CREATE UNIQUE INDEX passkeys_credential_once ON auth.passkeys ("credentialID");

-- Rows of a person, not of an organisation: read by the sign-in engine only, always by the person's own id or token.
SELECT kernel.share('auth.users');
SELECT kernel.share('auth.sessions');
SELECT kernel.share('auth.accounts');
SELECT kernel.share('auth.verifications');
SELECT kernel.share('auth.passkeys');
