// Runs before the first paint, so that a chosen theme or language never flashes the other one.
(() => {
  try {
    const theme = localStorage.getItem('hutong.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    const locale = localStorage.getItem('hutong.locale');
    if (locale === 'en' || locale === 'zh-CN') document.documentElement.lang = locale;
  } catch {
    // Storage is closed to us: the system's theme and the server's language will do.
  }
})();
