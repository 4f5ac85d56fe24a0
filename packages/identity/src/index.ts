export { signInErrors } from './errors.ts'
export {
  createSignIn,
  identityMigrations,
  type NewUser,
  type Session,
  type SignIn,
  type SignInDeps,
  type SignInEvent,
  type SignInLimits,
} from './sign-in.ts'
