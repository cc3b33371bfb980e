// Walks through a server with @immich/sdk, as a client of Immich's would, and prints what it found.
// node walk.mjs URL EMAIL PASSWORD '{"album": id, "asset": id}'
// What it makes it takes away again; all else it only reads.
import { createHash } from 'node:crypto';
import * as immich from '@immich/sdk';

const [url, email, password, asked] = process.argv.slice(2);
const { album, asset } = JSON.parse(asked);
const found = {};

const sha1 = (data) => createHash('sha1').update(data).digest('hex');

const bytes = async (blob) => {
  const data = Buffer.from(await blob.arrayBuffer());
  return { type: blob.type, size: data.length, sha1: sha1(data) };
};

const refused = async (promise) => {
  try {
    return { answered: await promise };
  } catch (error) {
    if (!immich.isHttpError(error)) throw error;
    return { status: error.status, data: error.data };
  }
};

immich.setBaseUrl(`${url}/api`);
found.ping = await immich.pingServer();
found.stranger = await refused(immich.getAllAlbums({}));
found.wrong = await refused(immich.login({ loginCredentialDto: { email, password: 'wrong' } }));
found.login = await immich.login({ loginCredentialDto: { email, password } });
immich.setHeader('Authorization', `Bearer ${found.login.accessToken}`);

found.me = await immich.getMyUser();
found.version = await immich.getServerVersion();
found.about = await immich.getAboutInfo();
found.features = await immich.getServerFeatures();
found.config = await immich.getServerConfig();
found.statistics = await immich.getAssetStatistics({});

const metadataSearchDto = { albumIds: [album], size: 5, withExif: true };
found.albums = await immich.getAllAlbums({});
found.album = await immich.getAlbumInfo({ id: album });
found.search = await immich.searchAssets({ metadataSearchDto });
found.asset = await immich.getAssetInfo({ id: asset });
const unknown = '14e378d0-5fb5-4fdb-92a7-5e49d9f96305';
found.unknown = await refused(immich.getAssetInfo({ id: unknown }));
const { Thumbnail, Preview } = immich.AssetMediaSize;
found.thumbnail = await bytes(await immich.viewAsset({ id: asset, size: Thumbnail }));
found.preview = await bytes(await immich.viewAsset({ id: asset, size: Preview }));
found.original = await bytes(await immich.downloadAsset({ id: asset }));
found.buckets = await immich.getTimeBuckets({ albumId: album });
const [{ timeBucket }] = found.buckets;
found.bucket = await immich.getTimeBucket({ albumId: album, timeBucket });

const data = (name) => Buffer.from(`\u00ff a picture that only this walk brings: ${name}`);
const picture = (name) => ({
  assetMediaCreateDto: {
    assetData: new File([data(name)], name, { type: 'image/jpeg' }),
    fileCreatedAt: '2024-05-06T07:08:09.000Z',
    fileModifiedAt: '2024-05-06T07:08:09.000Z',
  },
});
const name = 'walk é.jpg';
const checksum = sha1(data(name));
const check = () =>
  immich.checkBulkUpload({ assetBulkUploadCheckDto: { assets: [{ id: 'walk', checksum }] } });
found.before = await check();
found.uploaded = await immich.uploadAsset(picture(name));
found.again = await immich.uploadAsset(picture(name));
found.known = await immich.uploadAsset({ ...picture(name), xImmichChecksum: checksum });
found.after = await check();
const { id } = found.uploaded;
const ids = [id, (await immich.uploadAsset(picture('other.jpg'))).id];
found.back = await bytes(await immich.downloadAsset({ id }));

found.changed = await immich.updateAsset({ id, updateAssetDto: { isFavorite: true } });
found.made = await immich.createAlbum({ createAlbumDto: { albumName: 'Walk', assetIds: [id] } });
found.stacked = await immich.createStack({ stackCreateDto: { assetIds: ids } });
await immich.deleteStack({ id: found.stacked.id });
await immich.deleteAssets({ assetBulkDeleteDto: { ids: [id] } });
found.trashed = (await immich.getAssetInfo({ id })).isTrashed;
found.restored = await immich.restoreAssets({ bulkIdsDto: { ids: [id] } });
await immich.deleteAlbum({ id: found.made.id });
await immich.deleteAssets({ assetBulkDeleteDto: { ids, force: true } });

found.logout = await immich.logout();
found.ended = await refused(immich.getMyUser());
console.log(JSON.stringify(found));
