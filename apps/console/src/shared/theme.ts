import { type ThemeConfig, theme } from 'antd'
import { fontMono, fontSans, palette } from './palette.ts'

// darkAlgorithm darkens every seed again (#6FC2D8 became #61A8BB, measured on 6.6.8); ours are final values.
const keepSeeds: typeof theme.darkAlgorithm = (seed, map) => {
  const { colorPrimary, colorSuccess, colorWarning, colorError, colorInfo } = seed
  return {
    ...(map ?? theme.darkAlgorithm(seed)),
    colorPrimary,
    colorSuccess,
    colorWarning,
    colorError,
    colorInfo,
    colorLink: colorPrimary,
    colorPrimaryText: colorPrimary,
    colorSuccessText: colorSuccess,
    colorWarningText: colorWarning,
    colorErrorText: colorError,
    colorInfoText: colorInfo,
  }
}

/** The design as a theme of antd. */
export const createTheme = (mode: 'light' | 'dark', { largeType = false, still = false } = {}): ThemeConfig => {
  const p = palette[mode]
  return {
    algorithm: mode === 'light' ? theme.defaultAlgorithm : [theme.darkAlgorithm, keepSeeds],
    token: {
      fontFamily: fontSans,
      fontFamilyCode: fontMono,
      fontSize: largeType ? 18 : 14,
      controlHeight: largeType ? 44 : 34,
      borderRadius: 6,
      borderRadiusLG: 8,
      borderRadiusSM: 4,
      motionUnit: 0.08,
      // Not by a style sheet: windows of antd wait for the end of their motion, and places must not move in steps.
      motion: !still,
      colorPrimary: p.primary,
      colorPrimaryHover: p.primaryHover,
      colorPrimaryActive: p.primaryActive,
      colorPrimaryBg: p.primarySoft,
      colorLink: p.primary,
      colorLinkHover: p.primaryHover,
      colorTextLightSolid: p.onPrimary,
      colorSuccess: p.ok,
      colorSuccessBg: p.okSoft,
      colorSuccessBorder: p.okSoft,
      colorInfo: p.run,
      colorInfoBg: p.runSoft,
      colorInfoBorder: p.runSoft,
      colorWarning: p.todo,
      colorWarningBg: p.todoSoft,
      colorWarningBorder: p.todoSoft,
      colorError: p.bad,
      colorErrorBg: p.badSoft,
      colorErrorBorder: p.badSoft,
      colorText: p.ink1,
      colorTextHeading: p.ink1,
      colorTextSecondary: p.ink2,
      colorTextTertiary: p.ink3,
      colorTextDescription: p.ink3,
      colorTextPlaceholder: p.ink3,
      colorTextDisabled: p.ink3,
      colorTextQuaternary: p.lineStrong,
      colorBgLayout: p.page,
      colorBgContainer: p.surface,
      colorBgElevated: p.raised,
      colorBgContainerDisabled: p.sunken,
      colorBorder: p.lineStrong,
      colorBorderSecondary: p.line,
      colorSplit: p.line,
      colorFillSecondary: p.sunken,
      colorFillTertiary: p.sunken,
      boxShadow: p.shadow,
      boxShadowTertiary: 'none',
    },
    components: {
      Layout: { headerBg: p.surface, headerHeight: 52, headerPadding: '0 16px', siderBg: p.surface, bodyBg: p.page },
      Menu: {
        itemHeight: 36,
        itemBorderRadius: 6,
        itemColor: p.ink2,
        itemSelectedBg: p.primarySoft,
        itemSelectedColor: p.primary,
      },
      Card: { headerFontSize: 15, headerHeight: 44, bodyPadding: 16, headerPadding: 16 },
      Table: {
        headerBg: p.surface,
        headerColor: p.ink3,
        headerSplitColor: 'transparent',
        borderColor: p.line,
        rowHoverBg: p.page,
        rowSelectedBg: p.primarySoft,
        cellPaddingBlock: 9,
        cellPaddingInline: 8,
        cellPaddingBlockSM: 5,
      },
      Button: {
        fontWeight: 500,
        primaryColor: p.onPrimary,
        dangerColor: p.onPrimary,
        primaryShadow: 'none',
        defaultShadow: 'none',
        dangerShadow: 'none',
      },
      Tag: { defaultBg: p.offSoft, defaultColor: p.off, borderRadiusSM: 4 },
      Segmented: { trackBg: p.sunken, itemColor: p.ink2, itemSelectedBg: mode === 'light' ? p.surface : p.line },
      Progress: { defaultColor: p.primary, remainingColor: p.sunken },
      Statistic: { titleFontSize: 12, contentFontSize: 28 },
      Tabs: { titleFontSize: 14, horizontalItemPadding: '8px 0' },
    },
  }
}
