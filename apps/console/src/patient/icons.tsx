import { Icon } from '../shared/icons.tsx'

export const HomeIcon = () => (
  <Icon box={24}>
    <path d="M3.5 11 12 4l8.5 7M6 9.500V20h12V9.500M10 20v-5.500h4V20" />
  </Icon>
)
export const ConsentIcon = () => (
  <Icon box={24}>
    <path d="M12 3 4.500 6v5.500c0 4.500 3 8 7.500 9.500 4.500-1.500 7.500-5 7.500-9.500V6Z" />
    <path d="m8.500 12 2.500 2.500 4.500-5" />
  </Icon>
)
export const RecordsIcon = () => (
  <Icon box={24}>
    <path d="M6 3.500h9l3.500 3.500v13.500H6Z" />
    <path d="M9 11h6.500M9 15h6.500" />
  </Icon>
)
export const MeIcon = () => (
  <Icon box={24}>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.500 20c1.200-3.600 4-5.500 7.500-5.500s6.300 1.900 7.500 5.500" />
  </Icon>
)
export const EyeIcon = () => (
  <Icon box={24}>
    <path d="M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12Z" />
    <circle cx="12" cy="12" r="3" />
  </Icon>
)
export const LetterIcon = () => (
  <Icon box={24}>
    <path d="M3 6.500h11M8.500 6.500V19M13 12h8M17 12v7" />
  </Icon>
)
export const ImageIcon = () => (
  <Icon box={24}>
    <rect x="3.500" y="4.500" width="17" height="15" rx="2" />
    <path d="m4 17 5-5 4 4 3-2.500 4 3.500" />
  </Icon>
)
export const LookIcon = EyeIcon
export const ChipIcon = () => (
  <Icon box={24}>
    <rect x="6.500" y="6.500" width="11" height="11" rx="2" />
    <path d="M10 3v3.500M14 3v3.500M10 17.500V21M14 17.500V21M3 10h3.500M3 14h3.500M17.500 10H21M17.500 14H21" />
  </Icon>
)
