import type { View } from '../api/client.ts';

/** A setting with the services that have it just so. */
export type SettingRow = View<'SettingView'> & { readonly services: readonly string[] };

/** Each setting once where every service has the same of it; by name. */
export const rowsOf = (told: readonly View<'ServiceSettingsView'>[]): readonly SettingRow[] => {
  const rows = new Map<string, { readonly setting: View<'SettingView'>; readonly services: string[] }>();
  for (const { service, settings } of told)
    for (const setting of settings) {
      const key = JSON.stringify([setting.name, setting.value, setting.isSet, setting.source]);
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { setting, services: [service] });
      else row.services.push(service);
    }
  return [...rows.values()]
    .map(({ setting, services }) => ({ ...setting, services }))
    .sort((one, other) => one.name.localeCompare(other.name));
};
